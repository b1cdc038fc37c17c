import Foundation

extension Date {
    /// Whole milliseconds since 1970; times before then count as 1970, which is what MLflow takes.
    var unixMilliseconds: Int64 {
        Int64(max(0, min(timeIntervalSince1970 * 1000, 1e15)).rounded())
    }
}
