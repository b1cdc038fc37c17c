/// Whether a check that fails ends the run.
package enum CheckSeverity: String, Sendable, Codable, CaseIterable {
    case blocking
    case warning
}
