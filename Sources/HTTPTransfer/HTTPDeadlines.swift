/// Keeps the times of one transfer and says when one of its bounds is passed.
///
/// By the monotonic clock: a change of the time of day neither ends a transfer nor prolongs it.
struct HTTPDeadlines {
    typealias Instant = ContinuousClock.Instant

    private let patience: HTTPPatience
    private let start: Instant
    private var lastActivity: Instant
    private var sentBytes = 0
    private var isAnswered = false
    /// Of the body, since `windowStart`.
    private var windowBytes = 0
    private var windowStart: Instant

    init(_ patience: HTTPPatience, now: Instant) {
        self.patience = patience
        (start, lastActivity, windowStart) = (now, now, now)
    }

    /// - Parameter bytes: of the request's body, in all.
    mutating func sent(_ bytes: Int, now: Instant) {
        guard bytes > sentBytes else { return }
        sentBytes = bytes
        lastActivity = now
    }

    mutating func answered(now: Instant) {
        isAnswered = true
        (lastActivity, windowStart) = (now, now)
    }

    mutating func received(_ bytes: Int, now: Instant) {
        lastActivity = now
        windowBytes += bytes
    }

    /// The bound that is passed, if one is.
    mutating func failure(now: Instant) -> HTTPFailure? {
        if now >= start + .seconds(patience.totalSeconds) {
            return .overtime(seconds: patience.totalSeconds)
        }
        if now >= lastActivity + .seconds(silence) {
            return isAnswered ? .stalled(seconds: silence) : .noAnswer(seconds: silence)
        }
        guard isAnswered, now >= windowStart + .seconds(patience.rateSeconds) else { return nil }
        if windowBytes < patience.minimumBytes {
            return .tooSlow(bytes: windowBytes, seconds: patience.rateSeconds)
        }
        (windowStart, windowBytes) = (now, 0)
        return nil
    }

    /// When to look again if nothing happens.
    var next: Instant {
        var next = min(
            start + .seconds(patience.totalSeconds), lastActivity + .seconds(silence))
        if isAnswered { next = min(next, windowStart + .seconds(patience.rateSeconds)) }
        return next
    }

    private var silence: Double { isAnswered ? patience.stallSeconds : patience.answerSeconds }
}
