/// How a run stands.
package enum RunStatus: String, Sendable, Codable, CaseIterable {
    case running
    case succeeded
    case failed
    /// The process that ran it ended without saying how: it was killed, or the machine stopped.
    case interrupted
    /// Its user ended it.
    case cancelled
}
