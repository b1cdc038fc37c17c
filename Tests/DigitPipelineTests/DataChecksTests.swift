import Datasets
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

    @Test func classesWithoutImagesAreNamed() {
        #expect(
            problems("own", train: [1, 4], test: [0, 1, 2, 3, 4])
                == ["classes without training images: 0, 2, 3"])
        #expect(
            problems("own", train: [0, 1, 2, 3, 4], test: [0, 1, 2, 3])
                == ["classes without test images: 4"])
    }
}
