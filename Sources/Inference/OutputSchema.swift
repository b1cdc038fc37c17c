/// The form of what commands print with `--json`, which `tessera schema` shows.
public enum OutputSchema {
    /// Raised when a key changes its meaning or goes; new keys may come without.
    public static let version = 1
    public static let versionKey = "schema_version"
}
