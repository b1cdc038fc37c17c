import Datasets
import Orchestration
import RunFacts
import Testing

@testable import DigitPipeline

/// What is wrong with the data is said in a sentence.
@Suite struct DataChecksTests {
    private func problems(_ name: String, train: [UInt8], test: [UInt8]) -> [String] {
        func set(_ labels: [UInt8]) -> ImageSet {
            ImageSet(
                height: 1, width: 1, pixels: labels.map { $0 &* 20 }, labels: labels,
                classNames: (0..<5).map(String.init))
        }
        let data = Dataset(
            name: name, source: "here", train: set(train), test: set(test), digests: [:])
        return DataChecks.completeness(of: data, DatasetStatistics(data))
            .filter { !$0.passed }.map(\.line)
    }

    @Test func aDataSetThatIsIncompleteIsToldWithItsCounts() {
        let train = (0..<5000).map { UInt8($0 % 5) }
        #expect(
            problems("mnist", train: train, test: [0, 1, 2, 3, 4]) == [
                "data set incomplete: 5,000 of 60,000 training images, 5 of 10,000 test images"
            ])
    }

    /// Images of several channels are compared whole, each from its own beginning.
    @Test func coloursThatPartsShareAreFound() throws {
        func shared(_ test: [[UInt8]]) throws -> [Int] {
            func set(_ images: [[UInt8]]) -> ImageSet {
                ImageSet(
                    height: 1, width: 1, channels: 3, pixels: images.flatMap(\.self),
                    labels: images.indices.map { UInt8($0 % 2) }, classNames: ["a", "b"])
            }
            // Bytes that come again and again, but no image twice.
            let train = (0..<20).map { [7, UInt8($0), 7] }
            let data = Dataset(
                name: "own", source: "here", train: set(train), test: set(test), digests: [:])
            let prepared = PreparedData(
                dataset: data, split: try ProcessedData(data, DataConfig()))
            return SplitChecks.all(prepared).compactMap { $0.evidence["shared_images"]?.int }
        }
        // Of validation with training, test with training, test with validation.
        #expect(try shared([[7, 100, 7], [7, 7, 100]]) == [0, 0, 0])
        let found = try shared([[7, 100, 7], [7, 3, 7]])
        #expect(found[0] == 0 && found[1] + found[2] == 1)
    }

    @Test func classesWithoutImagesAreNamed() {
        #expect(
            problems("own", train: [1, 4], test: [0, 1, 2, 3, 4])
                == ["classes without training images: 0, 2, 3"])
        #expect(
            problems("own", train: [0, 1, 2, 3, 4], test: [0, 1, 2, 3])
                == ["classes without test images: 4"])
    }

    @Test func imagesThatAreAllAlikeFail() {
        let set = ImageSet(
            height: 1, width: 1, pixels: [7, 7], labels: [0, 1], classNames: ["a", "b"])
        let data = Dataset(name: "own", source: "here", train: set, digests: [:])
        let checks = DataChecks.completeness(of: data, DatasetStatistics(data))
        #expect(checks.failed == ["images differ"])
        #expect(checks.first { !$0.passed }?.severity == .blocking)
    }

    /// A class of the test images may be missing, one of the training images may not.
    @Test func onlyMissingTrainingImagesEndARun() throws {
        for (train, test, severity) in [
            ([0, 1], [0], CheckSeverity.warning), ([0], [0, 1], .blocking),
        ] as [([UInt8], [UInt8], CheckSeverity)] {
            func set(_ labels: [UInt8]) -> ImageSet {
                ImageSet(
                    height: 1, width: 1, pixels: labels.map { $0 + 1 }, labels: labels,
                    classNames: ["a", "b"])
            }
            let data = Dataset(
                name: "own", source: "here", train: set(train), test: set(test), digests: [:])
            let checks = DataChecks.completeness(of: data, DatasetStatistics(data))
            #expect(try checks.named("every class has images").severity == severity)
        }
    }
}
