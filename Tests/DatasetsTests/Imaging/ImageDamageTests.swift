import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Damaged files must be told or decoded, never crash; run with `--sanitize=address` as well.
@Suite struct ImageDamageTests {
    @Test func everyPrefixOfEveryFileIsRefused() throws {
        for golden in try ImageFixtures.goldens() {
            let data = try ImageFixtures.data(golden.file)
            for length in 0..<data.count {
                let text = errorText {
                    _ = try ImageDecoder.decode(data.prefix(length), name: golden.file)
                }
                // What says nothing may be missing: a plain-text picture's last line end or digit,
                // the checksum of a PNG's empty end chunk, the end marker of a JPEG of one scan.
                let spare = spareBytes(golden.file)
                let mayDecode = length >= data.count - spare
                #expect(text != nil || mayDecode, "\(golden.file) cut to \(length) bytes")
                if let text { #expect(text.hasPrefix("\(golden.file): "), "\(text)") }
            }
        }
    }

    private func spareBytes(_ file: String) -> Int {
        if file.hasPrefix("plain") { return 3 }
        if file.hasSuffix("png") { return 4 }
        return file.hasSuffix("jpg") && !file.contains("progressive") ? 2 : 0
    }

    @Test(arguments: ImageFixtures.samples)
    func flippedBytesNeverCrash(file: String) throws {
        let original = try ImageFixtures.data(file)
        var random = SeededGenerator(seed: 2_000)
        var decoded = 0
        for _ in 0..<2_000 {
            var data = original
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<data.count, using: &random)
                data[place] = UInt8.random(in: 0...255, using: &random)
            }
            if errorText({ _ = try ImageDecoder.decode(data, name: file) }) == nil { decoded += 1 }
            _ = errorText { try Self.decodeAndNormalize(data, name: file) }
        }
        // Checksums catch nearly every flip in a PNG; the other formats have none.
        #expect(file.hasSuffix("png") ? decoded < 100 : decoded > 0)
    }

    @Test func flippedPNGBytesWithMendedChecksumsNeverCrash() throws {
        let original = try ImageFixtures.data("palette8-transparent.png")
        var random = SeededGenerator(seed: 2_001)
        for _ in 0..<2_000 {
            var data = original
            let place = Int.random(in: 8..<data.count, using: &random)
            data[place] = UInt8.random(in: 0...255, using: &random)
            _ = errorText { try Self.decodeAndNormalize(withChecksums(data), name: "p.png") }
        }
    }

    private static func decodeAndNormalize(_ data: Data, name: String) throws {
        let image = try ImageDecoder.decode(data, name: name)
        // What was flipped into a very large picture is only decoded: the rest is pure Swift.
        guard image.width * image.height < 10_000 else { return }
        let pixels = try DigitNormalizer().normalize(image)
        #expect(pixels.count == 784)
    }

    /// The file with each chunk's checksum right, so that damage gets past it.
    private func withChecksums(_ data: Data) -> Data {
        var bytes = [UInt8](data)
        var offset = 8
        while offset + 12 <= bytes.count {
            let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            let end = offset + 8 + length
            guard end + 4 <= bytes.count else { break }
            let sum = crc32(bytes[offset + 4..<end])
            for byte in 0..<4 { bytes[end + byte] = UInt8(sum >> UInt32(24 - 8 * byte) & 255) }
            offset = end + 4
        }
        return Data(bytes)
    }

    /// PNG specification, annex D.
    private func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }
}
