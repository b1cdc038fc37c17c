import Foundation
import Testing

@testable import Training

@Suite struct EarlyStoppingTests {
    @Test func stopsAfterPatienceChecksWithoutImprovement() {
        var stopping = EarlyStopping(patience: 3, minDelta: 0)
        let outcomes = [1.0, 0.9, 0.95, 0.9, 1].map { stopping.observe($0) }
        #expect(outcomes == [.improved, .improved, .waiting(1), .waiting(2), .stop])
        #expect(stopping.bestLoss == 0.9)
    }

    @Test func improvementStartsTheCountAnew() {
        var stopping = EarlyStopping(patience: 2, minDelta: 0)
        let outcomes = [1.0, 1.1, 0.8, 0.9, 0.85].map { stopping.observe($0) }
        #expect(outcomes == [.improved, .waiting(1), .improved, .waiting(1), .stop])
    }

    /// Numbers exact in binary, so that the edge is met: 0.75 + 0.25 < 1 is false.
    @Test func improvementIsStrictlyMoreThanMinDelta() {
        var stopping = EarlyStopping(patience: 5, minDelta: 0.25)
        let outcomes = [1.0, 0.75, 0.8125, 0.6875].map { stopping.observe($0) }
        #expect(outcomes == [.improved, .waiting(1), .waiting(2), .improved])
        #expect(stopping.bestLoss == 0.6875)
    }

    /// The best loss is the last that counted, so slow progress adds up to an improvement.
    @Test func slowProgressAddsUp() {
        var stopping = EarlyStopping(patience: 3, minDelta: 0.1)
        let outcomes = [1.0, 0.95, 0.91, 0.89].map { stopping.observe($0) }
        #expect(outcomes == [.improved, .waiting(1), .waiting(2), .improved])
    }

    @Test func nonFiniteComesFirstAndChangesNothing() {
        var stopping = EarlyStopping(patience: 1, minDelta: 0)
        for loss in [Double.nan, .infinity, -.infinity] {
            let before = stopping
            #expect(stopping.observe(loss) == .nonFinite)
            #expect(stopping == before)
        }
        #expect(stopping.observe(2) == .improved)
        #expect(stopping.observe(.nan) == .nonFinite)
        #expect(stopping.observe(2) == .stop)
    }

    @Test func continuesFromSavedState() throws {
        var stopping = EarlyStopping(patience: 3, minDelta: 0.01)
        // Before the first check as well: there is no best loss to write.
        for loss in [nil, 1.0, 1.0, 1.0] {
            if let loss { _ = stopping.observe(loss) }
            let json = try JSONEncoder().encode(stopping)
            #expect(try JSONDecoder().decode(EarlyStopping.self, from: json) == stopping)
        }
        #expect(stopping.waitCount == 2)
        #expect(stopping.observe(1) == .stop)
    }

    @Test(arguments: [
        (#"{"patience":0,"min_delta":0,"wait_count":0}"#, "stopper.patience is 0"),
        (#"{"patience":3,"min_delta":0,"wait_count":-1}"#, "stopper.wait_count is -1"),
        (
            #"{"patience":3,"min_delta":0,"wait_count":9223372036854775807}"#,
            "stopper.wait_count is 9223372036854775807"
        ),
        (#"{"patience":3,"min_delta":-1,"wait_count":0}"#, "stopper.min_delta is -1"),
    ])
    func refusesAStateThatNoTrainingWrote(json: String, words: String) {
        #expect {
            try JSONDecoder().decode(EarlyStopping.self, from: Data(json.utf8))
        } throws: {
            "\($0)".contains(words)
        }
    }
}
