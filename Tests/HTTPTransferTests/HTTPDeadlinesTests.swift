import Testing

@testable import HTTPTransfer

/// The bounds on time, without a server and without waiting.
struct HTTPDeadlinesTests {
    static let start = ContinuousClock.now
    static let patience = HTTPPatience(
        answerSeconds: 5, stallSeconds: 3, totalSeconds: 100, minimumBytes: 10, rateSeconds: 8)

    static func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test func silenceBeforeTheAnswerIsBounded() {
        var deadlines = HTTPDeadlines(Self.patience, now: Self.start)
        #expect(deadlines.failure(now: Self.at(4.9)) == nil)
        #expect(deadlines.next == Self.at(5))
        #expect(deadlines.failure(now: Self.at(5)) == .noAnswer(seconds: 5))
    }

    @Test func whatIsSentCountsAsActivity() {
        var deadlines = HTTPDeadlines(Self.patience, now: Self.start)
        deadlines.sent(100, now: Self.at(4))
        #expect(deadlines.failure(now: Self.at(6)) == nil)
        // The same number again: nothing was sent.
        deadlines.sent(100, now: Self.at(8))
        #expect(deadlines.failure(now: Self.at(9)) == .noAnswer(seconds: 5))
    }

    @Test func silenceWithinTheBodyIsBounded() {
        var deadlines = HTTPDeadlines(Self.patience, now: Self.start)
        deadlines.answered(now: Self.at(1))
        deadlines.received(50, now: Self.at(2))
        #expect(deadlines.failure(now: Self.at(4.9)) == nil)
        #expect(deadlines.failure(now: Self.at(5)) == .stalled(seconds: 3))
    }

    @Test func theRateIsThatOfEachWindow() {
        var deadlines = HTTPDeadlines(Self.patience, now: Self.start)
        deadlines.answered(now: Self.at(0))
        for second in 1...8 { deadlines.received(2, now: Self.at(Double(second))) }
        #expect(deadlines.failure(now: Self.at(8)) == nil)
        for second in 9...16 { deadlines.received(1, now: Self.at(Double(second))) }
        #expect(deadlines.failure(now: Self.at(16)) == .tooSlow(bytes: 8, seconds: 8))
    }

    @Test func theTotalIsBoundedWhateverComes() {
        var deadlines = HTTPDeadlines(Self.patience, now: Self.start)
        deadlines.answered(now: Self.at(1))
        for second in 1...100 { deadlines.received(1000, now: Self.at(Double(second))) }
        #expect(deadlines.failure(now: Self.at(100)) == .overtime(seconds: 100))
    }
}
