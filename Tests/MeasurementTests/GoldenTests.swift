import Foundation
import TestSupport
import Testing

@testable import Measurement

/// SciPy's numbers, from `Tests/Golden/generate/measurement.py`.
private struct Goldens: Decodable {
    struct Test: Decodable {
        let name: String
        let first: [Double]
        let second: [Double]
        let u: Double
        let p: Double
    }
    struct Interval: Decodable {
        let name: String
        let first: [Double]
        let second: [Double]
        let ratio: Double
        let low: Double
        let high: Double
    }

    let tests: [Test]
    let intervals: [Interval]

    enum CodingKeys: String, CodingKey {
        case tests = "mann_whitney"
        case intervals = "bootstrap"
    }

    static func read() throws -> Goldens {
        let data = try Data(contentsOf: goldenFile("measurement.json"))
        return try JSONDecoder().decode(Goldens.self, from: data)
    }
}

@Suite struct GoldenTests {
    @Test func mannWhitneyIsSciPys() throws {
        let tests = try Goldens.read().tests
        #expect(tests.count == 14)
        for golden in tests {
            let test = MannWhitney(golden.first, golden.second)
            // The goldens have twelve digits.
            assertClose([test.u, test.pValue], [golden.u, golden.p], relative: 1e-11, golden.name)
            let isSmall = min(golden.first.count, golden.second.count) <= 8
            let hasTies =
                Set(golden.first + golden.second).count < golden.first.count + golden.second.count
            #expect(test.isExact == (isSmall && !hasTies), "\(golden.name)")
        }
    }

    /// Both draw at random: ten times as many draws in SciPy's, so the interval's own error is ours,
    /// about a fiftieth of its width.
    @Test func theIntervalIsSciPys() throws {
        for golden in try Goldens.read().intervals {
            let ratio = MedianRatio(golden.first, over: golden.second)
            let tolerance = 0.06 * (golden.high - golden.low)
            assertClose([ratio.value], [golden.ratio], relative: 1e-11, golden.name)
            assertClose(
                [ratio.low, ratio.high], [golden.low, golden.high], relative: 0,
                absolute: tolerance, golden.name)
        }
    }

    @Test func theSmallestPValueIsThatOfSeparatedSamples() throws {
        let separated = try Goldens.read().tests.filter { $0.name.hasPrefix("separated") }
        for golden in separated {
            assertClose(
                [MannWhitney.smallestPValue(golden.first.count, golden.second.count)], [golden.p],
                relative: 1e-11, golden.name)
        }
    }
}
