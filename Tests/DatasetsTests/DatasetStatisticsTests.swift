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
