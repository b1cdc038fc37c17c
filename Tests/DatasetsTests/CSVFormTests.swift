import Foundation
import TestSupport
import Testing

@testable import Datasets

/// The forms of CSV that circulate are read as pandas reads them (Tests/Golden/csv).
@Suite struct CSVFormTests {
    struct Golden: Decodable, CustomTestStringConvertible {
        let name: String
        let side: Int
        let labels: [UInt8]
        let pixels: [UInt8]

        var testDescription: String { name }
        var url: URL { goldenFile("csv/\(name).csv") }
    }

    private struct Index: Decodable {
        let files: [Golden]
    }

    static let goldens = try! JSONDecoder().decode(
        Index.self, from: Data(contentsOf: goldenFile("csv/expected.json"))
    ).files

    private static func load(_ url: URL) throws -> Dataset {
        try DatasetLoader(cache: URL(fileURLWithPath: "/nonexistent")).load(.csv(url))
    }

    @Test(arguments: goldens.filter { !$0.labels.isEmpty })
    func aSetIsWhatPandasReads(_ golden: Golden) throws {
        let set = try Self.load(golden.url).train
        #expect(set.height == golden.side && set.width == golden.side)
        #expect(set.labels == golden.labels)
        #expect(set.pixels == golden.pixels)
    }

    @Test(arguments: goldens) func theImagesCanBeScored(_ golden: Golden) throws {
        let images = try CSVDigits.images(golden.url)
        let count = golden.pixels.count / (golden.side * golden.side)
        #expect(images.dimensions == [count, golden.side, golden.side])
        #expect(images.elements == golden.pixels)
    }

    @Test(arguments: goldens.filter { $0.labels.isEmpty })
    func trainingNeedsLabels(_ golden: Golden) throws {
        let text = try #require(errorText { _ = try Self.load(golden.url) })
        #expect(
            text
                == "\(golden.url.path): 9 columns of pixels and none of labels, which training needs. "
                + "To score its images give it to tessera predict; to train on them add a column "
                + "\"label\"")
    }

    @Test func whatTheFirstAndTheLastColumnMayBothBeIsSaid() throws {
        let found = try CSVDigitsTests.load("1,0,0,0,2\n3,0,0,0,4\n")
        #expect(found.train.labels == [1, 3])
        #expect(found.notices.count == 1)
        #expect(found.notices[0].reason.hasPrefix("no header says where the labels are"))
        #expect(try CSVDigitsTests.load("1,0,0,0,20\n3,0,0,0,4\n").notices.isEmpty)
    }
}
