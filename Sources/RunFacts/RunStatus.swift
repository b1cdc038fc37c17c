/// How a run stands.
public enum RunStatus: String, Sendable, Codable, CaseIterable {
    case running
    case succeeded
    case failed
    /// The process that ran it ended without saying how: it was killed, or the machine stopped.
    case interrupted
    /// Its user ended it.
    case cancelled
}
