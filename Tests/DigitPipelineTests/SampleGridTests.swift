import Datasets
import Testing

@testable import DigitPipeline

/// A picture of a data set's first images.
@Suite struct SampleGridTests {
    private static func set(channels: Int, labels: [UInt8], classes: Int) -> ImageSet {
        ImageSet(
            height: 1, width: 2, channels: channels,
            pixels: (0..<labels.count * 2 * channels).map { UInt8($0) }, labels: labels,
            classNames: (0..<classes).map { "\($0)" })
    }

    @Test func aClassIsARowInTheOrderOfTheFile() throws {
        let grid = SampleGrid(Self.set(channels: 3, labels: [1, 0, 1], classes: 2))
        #expect((grid.height, grid.width, grid.channels) == (8, 10, 3))
        func pixel(_ y: Int, _ x: Int) -> [UInt8] {
            Array(grid.pixels[(y * 10 + x) * 3..<(y * 10 + x) * 3 + 3])
        }
        #expect(pixel(2, 2) == [6, 7, 8] && pixel(2, 3) == [9, 10, 11])
        #expect(pixel(5, 2) == [0, 1, 2] && pixel(5, 6) == [12, 13, 14])
        let white: [UInt8] = [255, 255, 255]
        #expect(pixel(0, 0) == white && pixel(2, 4) == white && pixel(2, 6) == white)
        let image = try ImageDecoder.decode(#require(try grid.png()), name: "g.png")
        #expect(image.pixels == grid.pixels && image.channels == 3)
    }

    @Test func tenImagesOfTwentyClassesAreShown() throws {
        let labels = (0..<25).flatMap { [UInt8](repeating: UInt8($0), count: 3) }
        let grid = SampleGrid(Self.set(channels: 1, labels: labels, classes: 25))
        #expect((grid.height, grid.width) == (20 * 3 + 2, 3 * 4 + 2))
        let many = SampleGrid(
            Self.set(channels: 1, labels: [UInt8](repeating: 0, count: 30), classes: 2))
        #expect((many.height, many.width) == (2 * 3 + 2, 10 * 4 + 2))
    }

    @Test func whatPNGHasNoFormForIsLeftOut() throws {
        try #expect(SampleGrid(Self.set(channels: 2, labels: [0], classes: 2)).png() == nil)
    }
}
