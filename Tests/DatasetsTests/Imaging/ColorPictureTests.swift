import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Pictures in red, green and blue, against Pillow.
@Suite struct ColorPictureTests {
    private struct Golden: Decodable {
        struct File: Decodable {
            let file: String
            let height: Int
            let width: Int
            let tolerance: Int
            let pixels: String
        }

        struct Resized: Decodable {
            let from: [Int]
            let to: [Int]
            let pixels: String
        }

        let files: [File]
        let resized: [Resized]
    }

    private static let golden = Result {
        try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: goldenFile("color_pictures.json")))
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.utf8.map { Int($0) - ($0 < 97 ? 48 : 87) }
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }

    @Test func everyFormatHasPillowsColours() throws {
        for golden in try Self.golden.get().files {
            let picture = ColorPicture(
                try ImageDecoder.decode(
                    ImageFixtures.data(golden.file), name: golden.file, color: .rgb))
            #expect(
                picture.size == ImageSize(height: golden.height, width: golden.width),
                "\(golden.file)")
            let expected = Self.bytes(golden.pixels)
            #expect(picture.pixels.count == expected.count, "\(golden.file)")
            let worst = zip(picture.pixels, expected).map { abs(Int($0) - Int($1)) }.max()
            #expect(
                try #require(worst) <= golden.tolerance, "\(golden.file): off by \(worst!)")
        }
    }

    /// Bit by bit but for the order of the two passes, which for some sizes is the other.
    @Test func resizesAsPillowDoes() throws {
        for golden in try Self.golden.get().resized {
            let (from, to) = (
                ImageSize(height: golden.from[0], width: golden.from[1]),
                ImageSize(height: golden.to[0], width: golden.to[1])
            )
            let pixels = (0..<from.height * from.width * 3).map { (index: Int) -> UInt8 in
                let value = 31 * index * index + 17 * index
                return UInt8(value % 251)
            }
            let picture = ColorPicture(size: from, pixels: pixels).resized(to: to)
            #expect(picture.size == to)
            let expected = Self.bytes(golden.pixels)
            let worst = zip(picture.pixels, expected).map { abs(Int($0) - Int($1)) }.max()
            let shrinksInHeightAlone = to.height < from.height && to.width > from.width
            #expect(picture.pixels.count == expected.count)
            #expect(
                try #require(worst) <= (shrinksInHeightAlone ? 1 : 0), "\(from) to \(to)")
            #expect(picture.resized(to: to) == picture)
        }
    }

    /// What is made grey because it is large keeps its colours where they are wanted.
    @Test func largePicturesKeepTheirColours() throws {
        let (height, width) = (1025, 1024)
        let pixels = (0..<height * width * 3).map { UInt8(truncatingIfNeeded: $0) }
        let file = try PNGEncoder.encode(pixels, width: width, height: height, channels: 3)
        try #expect(ImageDecoder.decode(file, name: "l").channels == 1)
        let image = try ImageDecoder.decode(file, name: "l", color: .rgb)
        #expect(image.channels == 3 && image.pixels == pixels)
    }

    @Test func sizesAreRead() {
        #expect(ImageSize(parsing: "32") == ImageSize(height: 32, width: 32))
        #expect(ImageSize(parsing: "24x320") == ImageSize(height: 24, width: 320))
        for text in ["", "0", "-3", "3x", "x3", "3x0", "3x4x5", "3 x 4", "a", "٣", "1e2", "3.5"] {
            #expect(ImageSize(parsing: text) == nil, "\(text)")
        }
    }
}
