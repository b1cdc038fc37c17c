import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct DatasetStatisticsTests {
    static let dataset = Dataset(
        name: "small", source: "memory",
        train: ImageSet(
            height: 1, width: 2, pixels: [0, 255, 51, 102, 204, 0], labels: [0, 2, 2],
            classNames: ["a", "b", "c"]),
        digests: ["f": "00"], notices: [SourceNotice(source: "s", reason: "r")])

    @Test func countsAndMoments() {
        let part = DatasetStatistics(Self.dataset).train
        #expect(part.sampleCount == 3 && part.classCounts == [1, 0, 2])
        // Pixels / 255: 0, 1, 0.2, 0.4, 0.8, 0. numpy: mean 0.4, std 0.38297084310253526.
        assertClose([part.mean, part.standardDeviation], [0.4, 0.38297084310253526])
    }

    @Test func jsonHasSnakeCaseNamesAndReadsBack() throws {
        let statistics = DatasetStatistics(Self.dataset)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let data = try encoder.encode(statistics)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            object.keys.sorted() == [
                "class_names", "dataset", "digests", "image_shape", "is_sample", "notices",
                "source", "train",
            ])
        let train = try #require(object["train"] as? [String: Any])
        #expect(
            train.keys.sorted() == ["class_counts", "mean", "sample_count", "standard_deviation"])
        #expect(object["image_shape"] as? [Int] == [1, 2])
        #expect(try JSONDecoder().decode(DatasetStatistics.self, from: data) == statistics)
    }
}

@Suite struct NormalizationTests {
    @Test func isMNISTsAndStoredUnderPlainNames() throws {
        let data = try JSONEncoder().encode(Normalization.mnist)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Double])
        assertClose(
            [object["mean"] ?? .nan, object["standard_deviation"] ?? .nan], [0.1307, 0.3081],
            relative: 1e-6)
        #expect(try JSONDecoder().decode(Normalization.self, from: data) == .mnist)
    }

    /// torchvision: ToTensor, then Normalize((0.1307,), (0.3081,)).
    @Test func tableIsTheFormula() {
        let table = Normalization.mnist.table
        #expect(table.count == 256)
        assertClose(
            [table[0], table[128], table[255]], [-0.42421296, 1.2050011, 2.8214867],
            relative: 1e-6)
    }

    @Test(arguments: [
        ("{\"mean\": 0.1, \"standard_deviation\": 0}", "expected more than 0"),
        ("{\"mean\": 0.1, \"standard_deviation\": -1}", "expected more than 0"),
        ("{\"mean\": 0.1}", "standard_deviation"),
    ]) func refusesWhatCannotNormalise(_ json: String, _ expected: String) {
        let text = message { try JSONDecoder().decode(Normalization.self, from: Data(json.utf8)) }
        #expect(text.contains(expected), "\(text)")
    }
}

@Suite struct ImageSetTests {
    @Test func subsetsKeepImagesWithTheirLabels() {
        let set = SmallSet().train
        let chosen = set.subset([5, 0, 5])
        #expect(chosen.labels == [2, 0, 2])
        for (index, original) in [5, 0, 5].enumerated() {
            #expect(Array(chosen.image(at: index)) == Array(set.image(at: original)))
        }
        #expect(set.subset([]).count == 0)
    }
}
