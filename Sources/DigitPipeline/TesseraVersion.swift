import CBuildInformation

/// The program's version, recorded with each run and model.
public enum TesseraVersion {
    public static let current = "0.2.0"

    /// The first 12 digits of the commit that the program was built from, with `-dirty` behind it where
    /// sources were changed since; nil for one that was built outside a repository.
    public static let commit: String? = {
        let text = String(cString: tessera_commit())
        return text.isEmpty ? nil : text
    }()

    /// `tessera 0.2.0 (a1b2c3d4e5f6)`
    public static var description: String {
        "tessera \(current)" + (commit.map { " (\($0))" } ?? "")
    }
}
