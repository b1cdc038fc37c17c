import Foundation

/// What the time is, for people, and how much of it passed, for durations: a clock that is set forward
/// or back in the middle of a run makes it neither longer nor shorter.
package struct RunClock: Sendable {
    /// The date, which can be set.
    let date: @Sendable () -> Date
    /// Seconds since some moment of this process, which only grow.
    let seconds: @Sendable () -> Double

    package init(
        date: @escaping @Sendable () -> Date, seconds: @escaping @Sendable () -> Double
    ) {
        self.date = date
        self.seconds = seconds
    }

    private static let start = ContinuousClock.now

    package static let system = RunClock(
        date: { Date() }, seconds: { (ContinuousClock.now - start) / .seconds(1) })
}
