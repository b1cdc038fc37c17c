import Datasets
import Foundation
import Testing

@testable import DigitPipeline

@Suite struct SplitChecksTests {
    /// The data with other positions than the split gave.
    private func data(
        _ dataset: Dataset = SmallData.dataset(), change: (inout [String: Any]) -> Void
    ) throws -> PreparedData {
        let split = try ProcessedData(dataset, DataConfig())
        var object = try #require(
            JSONSerialization.jsonObject(with: JSONEncoder().encode(split)) as? [String: Any])
        change(&object)
        return PreparedData(
            dataset: dataset,
            split: try JSONDecoder().decode(
                ProcessedData.self, from: JSONSerialization.data(withJSONObject: object)))
    }

    @Test(arguments: [1, 3]) func aStratifiedSplitPasses(_ channels: Int) throws {
        let checks = SplitChecks.all(try SmallData.prepared(SmallData.dataset(channels: channels)))
        #expect(checks.failed.isEmpty)
        #expect(
            checks.map(\.name) == [
                "split proportions", "class balance", "no overlap of validation and train",
                "no overlap of test and train", "no overlap of test and validation",
            ])
    }

    @Test func aSplitOfAnotherSizeFails() throws {
        let data = try data { $0["validation"] = Array(($0["validation"] as! [Int]).dropLast(4)) }
        #expect(SplitChecks.all(data).failed.first == "split proportions")
    }

    @Test func aPartWithOtherClassesFails() throws {
        // Position p has class p % 4: all of the validation part is of the first.
        let held = (0..<16).map { $0 * 4 }
        let data = try data {
            $0["validation"] = held
            $0["train"] = (0..<80).filter { !held.contains($0) }
        }
        let checks = SplitChecks.all(data)
        #expect(checks.failed == ["class balance"])
        #expect(try checks.named("class balance").severity == .blocking)
    }

    @Test func imagesThatTwoPartsShareAreCounted() throws {
        let data = try data {
            var train = $0["train"] as! [Int]
            let validation = $0["validation"] as! [Int]
            train[0] = validation[0]
            $0["train"] = train
        }
        let check = try SplitChecks.all(data).named("no overlap of validation and train")
        #expect(!check.passed && check.severity == .blocking)
        #expect(check.evidence["shared_images"] == .integer(1))
    }

    /// Published sets have a few such images; they are told, and don't keep a training from going on.
    @Test func aSmallShareOfSharedImagesIsAWarning() throws {
        let whole = SmallData.dataset(train: 200, test: 120)
        var pixels = whole.test!.pixels
        let size = SmallData.side * SmallData.side
        pixels.replaceSubrange(0..<size, with: whole.train.image(at: 0))
        let test = ImageSet(
            height: SmallData.side, width: SmallData.side, pixels: pixels,
            labels: whole.test!.labels, classNames: SmallData.classNames)
        let checks = SplitChecks.all(
            try SmallData.prepared(
                Dataset(
                    name: "small", source: "here", train: whole.train, test: test, digests: [:])))
        #expect(checks.failed.count == 1)
        #expect(checks.filter { !$0.passed }.map(\.severity) == [.warning])
    }

    @Test func aSetsOwnValidationPartIsTakenWhole() throws {
        let whole = SmallData.dataset()
        let own = Dataset(
            name: "small", source: "here", train: whole.train,
            validation: SmallData.set([0, 0, 1], part: 3), test: whole.test, digests: [:])
        let checks = SplitChecks.all(try SmallData.prepared(own))
        #expect(try checks.named("split proportions").passed)
        #expect(try checks.named("class balance").severity == .warning)
    }
}
