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

    /// numpy: `x = pixels.reshape(-1, 3) / 255`, then mean and std over all, and over axis 0.
    @Test func coloursHaveMomentsByChannel() throws {
        let set = ImageSet(
            height: 1, width: 2, channels: 3,
            pixels: [0, 10, 255, 20, 30, 7, 99, 98, 97, 96, 95, 94], labels: [0, 1],
            classNames: ["a", "b"])
        #expect(Array(set.image(at: 1)) == [99, 98, 97, 96, 95, 94])
        #expect(set.subset([1]).channels == 3)
        let statistics = DatasetStatistics(
            Dataset(name: "c", source: "m", train: set, digests: [:]))
        #expect(statistics.imageShape == [1, 2, 3])
        let part = statistics.train
        assertClose(
            [part.mean, part.standardDeviation], [0.29444444444444445, 0.26480249185141225])
        assertClose(
            try #require(part.channelMeans),
            [0.2107843137254902, 0.22843137254901963, 0.4441176470588235])
        assertClose(
            try #require(part.channelStandardDeviations),
            [0.17384484458408875, 0.15259828328999206, 0.35084754852614414])
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
