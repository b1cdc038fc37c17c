/// Whether a check that fails ends the run.
public enum CheckSeverity: String, Sendable, Codable, CaseIterable {
    case blocking
    case warning
}
