import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct ImageDecoderTests {
    @Test func everyFormatDecodesToPillowsPixels() throws {
        for golden in try ImageFixtures.goldens() {
            let image = try ImageDecoder.decode(
                ImageFixtures.data(golden.file), name: golden.file)
            #expect(image.width == golden.width && image.height == golden.height, "\(golden.file)")
            #expect(image.channels == golden.channels, "\(golden.file)")
            let worst = zip(image.pixels, golden.pixels).map { abs(Int($0) - Int($1)) }.max()
            #expect(try #require(worst) <= golden.tolerance, "\(golden.file): off by \(worst!)")
        }
    }

    @Test func theContentTellsTheFormatWhateverTheName() throws {
        let image = try ImageDecoder.decode(ImageFixtures.data("gray8.png"), name: "x.jpg")
        #expect(image.width == 5 && image.name == "x.jpg")
    }

    @Test(arguments: [
        ("refused-rle8.bmp", "BMP with compression RLE8 at 8 bits is not supported"),
        ("refused.gif", "GIF is not supported, only PNG, JPEG, BMP"),
        ("refused.webp", "WebP is not supported"),
        ("refused.tiff", "TIFF is not supported"),
    ])
    func otherKindsAreNamed(file: String, message: String) throws {
        let data = try ImageFixtures.data(file)
        let text = try #require(errorText { _ = try ImageDecoder.decode(data, name: file) })
        #expect(text.hasPrefix("\(file): \(message)"), "\(text)")
    }

    @Test func emptyFilesAndTextAreNotPictures() throws {
        #expect(throws: ImageError.empty(name: "a")) {
            try ImageDecoder.decode(Data(), name: "a")
        }
        #expect(throws: ImageError.notAnImage(name: "a", firstBytes: "68 65 6c 6c 6f")) {
            try ImageDecoder.decode(Data("hello".utf8), name: "a")
        }
    }

    // MARK: - Sizes, from the header alone

    @Test func bombsAreRefusedFromTheHeader() throws {
        // Width and height rewritten in sound files, so that nothing but the header is wrong.
        let big: [UInt8] = [0, 0, 0x40, 0x01]
        let bombs: [(String, Data)] = [
            ("PNG", try patched("gray8.png", [16: big])),
            ("JPEG", try jpeg(width: 16_385, height: 11)),
            ("BMP", try patched("bits24.bmp", [18: big.reversed()])),
            ("PNM", Data("P5 16385 1 255\n".utf8)),
        ]
        for (format, data) in bombs {
            let text = try #require(errorText { _ = try ImageDecoder.decode(data, name: "b") })
            #expect(text.hasPrefix("b: the \(format) header says 16385×"), "\(text)")
        }
        #expect(
            throws: ImageError.tooManyPixels(
                name: "b", format: .netpbm, width: 16_384, height: 4_097)
        ) { try ImageDecoder.decode(Data("P5 16384 4097 255\n".utf8), name: "b") }
        #expect(
            throws: ImageError.tooManyPixels(
                name: "b", format: .netpbm, width: 999_999_999, height: 999_999_999)
        ) {
            try ImageDecoder.decode(
                Data("P5 99999999999999999999999 9999999999999999999999 255\n".utf8), name: "b")
        }
    }

    @Test func zeroSizesAreRefused() throws {
        let zero: [UInt8] = [0, 0, 0, 0]
        let files: [Data] = [
            try patched("gray8.png", [16: zero]), try patched("bits24.bmp", [22: zero]),
            Data("P2 0 3 255\n".utf8),
        ]
        for data in files {
            let text = try #require(errorText { _ = try ImageDecoder.decode(data, name: "z") })
            #expect(text.contains("expected at least 1×1"), "\(text)")
        }
        #expect(throws: ImageError.self) {
            try ImageDecoder.decode(jpeg(width: 0, height: 1), name: "z")
        }
    }

    @Test func aSmallPNGCannotClaimAHugePicture() throws {
        // 8000×8000 is within the limits, but not within what 84 bytes can unpack to.
        let side: [UInt8] = [0, 0, 0x1F, 0x40]
        let data = try patched("gray8.png", [16: side, 20: side])
        let text = try #require(errorText { _ = try ImageDecoder.decode(data, name: "b") })
        #expect(text.contains("8000×8000 pixels can't be in 84 bytes"))
    }

    @Test func hugeFilesAreRefusedUnread() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("big.png").path
            try Data().write(to: URL(fileURLWithPath: file))
            #expect(truncate(file, ImageLimits.maximumFileBytes + 1) == 0)
            let text = try #require(errorText { _ = try ImageDecoder.decode(file: file) })
            #expect(text.contains("134217729 bytes, at most 134217728 are read"))
        }
    }

    @Test func pipesFoldersAndMissingFilesAreErrorsNotHangs() throws {
        try withTemporaryFolder { folder in
            let pipe = folder.appendingPathComponent("pipe.png").path
            #expect(mkfifo(pipe, 0o600) == 0)
            for path in [pipe, folder.path] {
                let text = try #require(errorText { _ = try ImageDecoder.decode(file: path) })
                #expect(text == "\(path): can't be read: not a regular file")
            }
            let missing = folder.path + "/none.png"
            let text = try #require(errorText { _ = try ImageDecoder.decode(file: missing) })
            #expect(text == "\(missing): can't be read: No such file or directory")
        }
    }

    // MARK: - Damage

    @Test func aWrongChecksumIsDamage() throws {
        let data = try patched("gray8.png", [29: [1, 2, 3, 4]])
        let text = try #require(errorText { _ = try ImageDecoder.decode(data, name: "c.png") })
        #expect(text == "c.png: the PNG file is damaged: invalid chunk checksum")
    }

    @Test func anExceptionalHeaderIsDamageOrUnsupported() throws {
        let cases: [(Data, String)] = [
            (Data("P5 2 2 0\nabcd".utf8), "the largest value is 0, expected 1–65535"),
            (Data("P5 2 2 65536\nabcd".utf8), "the largest value is 65536"),
            (Data("P2 2 1 9\n3 10\n".utf8), "sample 1 is 10, the largest value is 9"),
            (Data("P2 2 1 9\n3 -1\n".utf8), "sample 1 at offset 11 is not a number"),
            (Data("P1 2 1\n0 2\n".utf8), "byte 50 at offset 9, expected 0 or 1"),
            (try patched("bits8.bmp", [28: [7, 0]]), "7 bits a pixel"),
            (try patched("bits8.bmp", [46: [1, 0, 0, 0]]), "the palette has 1"),
            (try patched("bits32-alpha.bmp", [54: [5, 0, 0, 0]]), "masks are not runs of bits"),
        ]
        for (data, message) in cases {
            let text = try #require(errorText { _ = try ImageDecoder.decode(data, name: "h") })
            #expect(text.contains(message), "\(text)")
        }
    }

    @Test func aBitmapWhoseAlphaIsAllZeroIsOpaque() throws {
        var data = try ImageFixtures.data("bits32-alpha.bmp")
        for alpha in stride(from: data.count - 21, to: data.count, by: 4) { data[alpha] = 0 }
        let image = try ImageDecoder.decode(data, name: "a.bmp")
        #expect(
            stride(from: 3, to: image.pixels.count, by: 4).allSatisfy { image.pixels[$0] == 255 })
    }

    @Test func malformedExifChangesNothing() {
        #expect(ExifOrientation.find(tiff: []) == 1)
        #expect(ExifOrientation.find(tiff: Array("II*\0".utf8) + [255, 255, 255, 255]) == 1)
        #expect(ExifOrientation.find(tiff: Array("MM\0*".utf8) + [0, 0, 0, 8, 255, 255]) == 1)
        #expect(JPEGOutline([0xFF, 0xD8, 0xFF, 0xE1, 0, 1]).exif.isEmpty)
    }

    // MARK: - Encoder

    @Test func encodedPicturesComeBack() throws {
        var random = SeededGenerator(seed: 7)
        for (width, height, channels) in [(1, 1, 1), (28, 28, 1), (3, 17, 3), (200, 5, 3)] {
            let pixels = (0..<width * height * channels).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let data = try PNGEncoder.encode(
                pixels, width: width, height: height, channels: channels)
            let image = try ImageDecoder.decode(data, name: "e.png")
            #expect(
                image
                    == DecodedImage(
                        width: width, height: height, channels: channels, pixels: pixels,
                        name: "e.png"))
        }
        let text = errorText { _ = try PNGEncoder.encode([1, 2], width: 1, height: 1) }
        #expect(try #require(text).contains("got 2 bytes"))
        let two = errorText { _ = try PNGEncoder.encode([1, 2], width: 1, height: 1, channels: 2) }
        #expect(try #require(two).contains("2 channels, expected 1 or 3"))
    }

    // MARK: - Helpers

    private func patched(_ file: String, _ changes: [Int: [UInt8]]) throws -> Data {
        var data = try ImageFixtures.data(file)
        for (offset, bytes) in changes {
            data.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        return data
    }

    /// gray.jpg with another size in its frame header (SOF0: length 2, precision 1, height, width).
    private func jpeg(width: Int, height: Int) throws -> Data {
        let data = try ImageFixtures.data("gray.jpg")
        let frame = try #require(data.firstRange(of: Data([0xFF, 0xC0])))
        let size = [height >> 8, height & 255, width >> 8, width & 255].map(UInt8.init)
        return try patched("gray.jpg", [frame.lowerBound + 5: size])
    }
}
