import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What is refused before it takes time or memory, and that large pictures mean the same as small.
@Suite struct ImageBoundsTests {
    static func refusal(_ file: [UInt8], _ name: String = "f") throws -> String {
        try #require(errorText { _ = try ImageDecoder.decode(file, name: name) })
    }

    // MARK: - PNG

    @Test func aPNGIsBoundedByItsBytesBeforeCompression() throws {
        // 8192² pixels are allowed, but not with eight bytes each.
        let wide = PNGBuilder(width: 8192, height: 8192, bitDepth: 16, colorType: 6)
        let text = try Self.refusal(wide.promise(fileBytes: 600_000), "wide.png")
        #expect(
            text
                == "wide.png: the PNG file takes too much to decode: 8192×8192 pixels of 16 bits a "
                + "sample are 536870912 bytes uncompressed, at most 268435456 are decoded. Scale it "
                + "down, or save it as an ordinary 8-bit PNG.")
        let narrow = PNGBuilder(width: 8192, height: 8192, colorType: 6)
        #expect(
            try Self.refusal(narrow.promise(fileBytes: 600_000)).contains("is damaged"))
    }

    @Test func anInterlacedPNGIsBoundedByItsPixels() throws {
        let large = PNGBuilder(width: 8192, height: 4096, colorType: 0, interlace: 1)
        #expect(
            try Self.refusal(large.promise(fileBytes: 100_000)).contains(
                "8192×4096 pixels are interlaced, at most 16777216 such pixels are decoded"))
    }

    @Test(arguments: [(0, 8), (0, 16), (2, 8), (2, 16), (4, 8), (4, 16), (6, 8), (6, 16)])
    func aLargePNGIsTheGreyOfItsSmallParts(colorType: UInt8, bitDepth: UInt8) throws {
        let (width, height) = (1100, 1000)
        let samples = [0: 1, 2: 3, 4: 2, 6: 4][Int(colorType)]! * Int(bitDepth) / 8
        var random = SeededGenerator(seed: 3)
        let bytes = (0..<width * height * samples).map { _ in
            UInt8(truncatingIfNeeded: random.next())
        }
        var png = PNGBuilder(
            width: width, height: height, bitDepth: bitDepth, colorType: colorType)
        let large = try ImageDecoder.decode(png.file(bytes), name: "large")
        let hasAlpha = colorType >= 4
        #expect(large.channels == (hasAlpha ? 2 : 1))

        png.height = 100
        let part = Array(bytes[..<(width * 100 * samples)])
        let small = try ImageDecoder.decode(png.file(part), name: "small")
        #expect(small.channels == (hasAlpha ? 4 : colorType == 2 ? 3 : 1))
        var expected: [UInt8] = []
        for pixel in stride(from: 0, to: small.pixels.count, by: small.channels) {
            expected.append(
                small.channels == 1 ? small.pixels[pixel] : Self.luma(small.pixels[pixel...]))
            if hasAlpha { expected.append(small.pixels[pixel + 3]) }
        }
        #expect(Array(large.pixels[..<expected.count]) == expected)
    }

    /// Rec. 601 as Pillow has it.
    static func luma(_ color: ArraySlice<UInt8>) -> UInt8 {
        let (r, g, b) = (
            Int(color[color.startIndex]), Int(color[color.startIndex + 1]),
            Int(color[color.startIndex + 2])
        )
        return UInt8((r * 19_595 + g * 38_470 + b * 7_471 + 0x8000) >> 16)
    }

    @Test func aLargeTransparentPictureIsReadAsASmallOne() throws {
        // Black ink of varying alpha: a bar across a transparent sheet.
        func bar(_ scale: Int) -> [UInt8] {
            (0..<56 * scale * 56 * scale).flatMap { pixel -> [UInt8] in
                let (x, y) = (pixel % (56 * scale) / scale, pixel / (56 * scale) / scale)
                return [0, 0, 0, (24..<32).contains(x) && (8..<48).contains(y) ? 255 : 0]
            }
        }
        let normalizer = DigitNormalizer()
        let digits = try [1, 20].map { scale in
            let png = PNGBuilder(width: 56 * scale, height: 56 * scale, colorType: 6)
            return try normalizer.normalizeReporting(
                ImageDecoder.decode(png.file(bar(scale)), name: "bar"))
        }
        #expect(digits.allSatisfy { $0.isFromAlpha })
        let difference = zip(digits[0].pixels, digits[1].pixels).map { abs(Int($0) - Int($1)) }
        #expect(difference.max()! <= 64)
    }

    // MARK: - JPEG

    @Test func scansAreCounted() throws {
        let progressive = [UInt8](try ImageFixtures.data("rgb444-progressive.jpg"))
        let scans = JPEGOutline(progressive).scanCount
        #expect(scans > 1)
        #expect(JPEGOutline([UInt8](try ImageFixtures.data("gray.jpg"))).scanCount == 1)
        #expect(throws: ImageError.self) {
            try JPEGOutline(progressive).checkWork(width: 16_384, height: 4096 * 10, name: "f")
        }
        // Its scans once more, before the end marker.
        let start = try #require(
            (0..<progressive.count - 1).first { progressive[$0...].starts(with: [0xFF, 0xDA]) })
        let again = progressive.dropLast(2) + progressive[start...]
        #expect(JPEGOutline(Array(again)).scanCount == 2 * scans)
        // Bytes that libjpeg passes over hide none.
        let stray = progressive[..<2] + [0, 7, 0xFF, 0] + again.dropFirst(2)
        #expect(JPEGOutline(Array(stray)).scanCount == 2 * scans)
    }

    @Test func cutMarkersEndTheCount() throws {
        let file = [UInt8](try ImageFixtures.data("rgb444-progressive.jpg"))
        for length in 0...file.count { _ = JPEGOutline(Array(file[..<length])) }
    }

    // MARK: - Netpbm

    @Test func textBetweenTheSamplesIsBounded() throws {
        let spaces = String(repeating: " ", count: 70_000)
        for text in ["P2 2 1 9\n3\(spaces)4\n", "P1 2 1\n0\(spaces)1", "P3 1 1 9\n1 2\(spaces)3"] {
            #expect(
                try Self.refusal(Array(text.utf8)).contains(
                    "bytes of text don't hold the header and all samples"), "\(text.prefix(8))")
        }
        let comment = "#" + String(repeating: "a", count: 70_000) + "\n"
        for text in ["P2 \(comment) 2 1 9\n3 4", "P5 \(comment) 1 1 9\nx"] {
            #expect(try Self.refusal(Array(text.utf8)).contains("takes too much to decode"))
        }
        // What programs write, with room to spare.
        let aligned = "P2\n# a comment\n4 2\n255\n   0   1   2   3\n 255 254 253 252\n"
        let image = try ImageDecoder.decode(Array(aligned.utf8), name: "a")
        #expect(image.pixels == [0, 1, 2, 3, 255, 254, 253, 252])
    }

    @Test(arguments: ["P3", "P6"]) func aLargeNetpbmIsTheGreyOfItsColours(kind: String) throws {
        let (width, height) = (1100, 1000)
        var random = SeededGenerator(seed: 5)
        let samples = (0..<width * height * 3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        var file = Array("\(kind) \(width) \(height) 255\n".utf8)
        if kind == "P6" {
            file += samples
        } else {
            file += samples.map(String.init).joined(separator: " ").utf8
        }
        let image = try ImageDecoder.decode(file, name: "large")
        #expect(image.channels == 1)
        let expected = stride(from: 0, to: 3000, by: 3).map { Self.luma(samples[$0...]) }
        #expect(Array(image.pixels[..<1000]) == expected)
    }
}
