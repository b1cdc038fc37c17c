import Foundation
import Testing

@testable import RunExports

@Suite struct MLflowBatchesTests {
    private func entries(_ bodies: [Data], _ kind: String) throws -> [[[String: Any]]] {
        try bodies.map { body in
            let json = try #require(
                try JSONSerialization.jsonObject(with: body) as? [String: Any])
            #expect(json["run_id"] as? String == "r")
            #expect(json.count == 2)
            return try #require(json[kind] as? [[String: Any]])
        }
    }

    private func metrics(_ values: [Double]) -> [MLflowContent.Metric] {
        values.enumerated().map { .init(key: "m", value: $1, timestamp: 5, step: $0) }
    }

    @Test(arguments: [
        (0, []), (1, [1]), (1000, [1000]), (1001, [1000, 1]), (2500, [1000, 1000, 500]),
    ])
    func aCallHasAtMostAThousandMetrics(count: Int, sizes: [Int]) throws {
        let points = metrics((0..<count).map(Double.init))
        let batches = try entries(MLflowBatches(run: "r").bodies(.metrics, points), "metrics")
        #expect(batches.map(\.count) == sizes)
        #expect(batches.joined().compactMap { $0["step"] as? Int } == Array(0..<count))
    }

    @Test(arguments: [MLflowBatches.Kind.params, .tags])
    func aCallHasAtMostAHundredPairs(kind: MLflowBatches.Kind) throws {
        let pairs = (0..<250).map { MLflowContent.Pair(key: "\($0)", value: "v/é\"\n") }
        let batches = try entries(MLflowBatches(run: "r").bodies(kind, pairs), kind.rawValue)
        #expect(batches.map(\.count) == [100, 100, 50])
        #expect(batches.joined().allSatisfy { $0["value"] as? String == "v/é\"\n" })
    }

    @Test func aCallHasLessThanAMegabyte() throws {
        // Four bytes each in UTF-8: 100 of them are 2.4 MB.
        let value = String(repeating: "😀", count: 6000)
        let pairs = (0..<100).map { MLflowContent.Pair(key: "\($0)", value: value) }
        let bodies = try MLflowBatches(run: "r").bodies(.params, pairs)
        #expect(bodies.allSatisfy { $0.count < 1_000_000 })
        #expect(bodies.count == 3)
        #expect(try entries(bodies, "params").joined().count == 100)
    }

    @Test func numbersThatJSONLacksAreNamed() throws {
        let points = metrics([.nan, .infinity, -.infinity, 1e-300, -0.1])
        let body = try #require(try MLflowBatches(run: "r").bodies(.metrics, points).first)
        let values = try entries([body], "metrics")[0].map { "\($0["value"]!)" }
        #expect(values == ["NaN", "Infinity", "-Infinity", "1e-300", "-0.1"])
    }
}
