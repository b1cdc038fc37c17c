import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Pictures that are out of form and that Pillow decodes by default, with its pixels.
@Suite struct OddPictureTests {
    struct Golden: Decodable, CustomTestStringConvertible {
        let name: String
        let data: Data
        let width: Int
        let height: Int
        let channels: Int
        let tolerance: Int
        let warns: Bool
        let pixels: [UInt8]

        var testDescription: String { name }
    }

    private struct Index: Decodable {
        let pictures: [Golden]
    }

    static let goldens = try! JSONDecoder().decode(
        Index.self, from: Data(contentsOf: goldenFile("odd_pictures.json"))
    ).pictures

    @Test(arguments: goldens) func whatPillowDecodesIsDecodedToItsPixels(_ golden: Golden) throws {
        let image = try ImageDecoder.decode(golden.data, name: golden.name)
        #expect(image.width == golden.width && image.height == golden.height)
        #expect(image.channels == golden.channels)
        let worst = zip(image.pixels, golden.pixels).map { abs(Int($0) - Int($1)) }.max()
        #expect(try #require(worst) <= golden.tolerance)
        #expect(image.warnings.isEmpty == !golden.warns, "\(image.warnings)")
    }

    @Test func whatIsWrongIsSaid() throws {
        let expected = [
            "sos_62.jpg":
                "the JPEG file is malformed and was decoded all the same: Invalid SOS parameters for "
                + "sequential JPEG",
            "stray_before_scan.jpg":
                "the JPEG file is malformed and was decoded all the same: Corrupt JPEG data: 4 "
                + "extraneous bytes before marker 0xda",
            "no_end_padded.jpg": "the JPEG file has no end marker",
            "low10.png":
                "the brightest sample of the 16-bit picture is 1023 of 65535; it was read as one of "
                + "10 bits",
        ]
        for (name, warning) in expected {
            let golden = try #require(Self.goldens.first { $0.name == name })
            let image = try ImageDecoder.decode(golden.data, name: name)
            #expect(image.warnings == [warning])
        }
    }

    /// TurboJPEG tells an error that follows a warning by the code of a warning, and leaves the pixels as
    /// they were in memory.
    @Test func anErrorBehindAWarningIsAnError() throws {
        let golden = try #require(Self.goldens.first { $0.name == "stray_before_scan.jpg" })
        var file = [UInt8](golden.data)
        let table = try #require((0..<file.count).first { file[$0...].starts(with: [0xFF, 0xC4]) })
        // A Huffman table of more codes than there are, behind stray bytes.
        file[table + 5] = 0xFF
        file.insert(contentsOf: [0, 0, 0], at: table)
        let text = try #require(errorText { _ = try ImageDecoder.decode(file, name: "f.jpg") })
        #expect(text == "f.jpg: the JPEG file is damaged: Bogus Huffman table definition")
    }

    @Test func pixelsThatAreMissingAreAnError() throws {
        for name in ["plain.jpg", "sos_62.jpg", "stray_before_scan.jpg", "no_end_gray.jpg"] {
            let file = try #require(Self.goldens.first { $0.name == name }).data
            let cut = name == "no_end_gray.jpg" ? 1 : 3
            let text = try #require(
                errorText { _ = try ImageDecoder.decode(file.dropLast(cut), name: "cut.jpg") })
            #expect(text.hasPrefix("cut.jpg: the JPEG file ends too early: "), "\(text)")
        }
    }
}
