import Foundation
import TestSupport

@testable import Datasets

/// Pictures in Tests/Golden/images with the pixels that Pillow reads from them.
enum ImageFixtures {
    struct Golden: Decodable {
        let file: String
        let width: Int
        let height: Int
        let channels: Int
        let tolerance: Int
        let pixels: [UInt8]
    }

    private struct Index: Decodable {
        let digitLabels: [Int]
        let images: [Golden]
    }

    static func goldens() throws -> [Golden] {
        try JSONDecoder().decode(Index.self, from: data("images.json")).images
    }

    static func data(_ name: String) throws -> Data {
        try Data(contentsOf: goldenFile("images/\(name)"))
    }

    /// 50 real digits of 28·28 bytes, five of each class in order.
    static func digits() throws -> [[UInt8]] {
        let bytes = [UInt8](try data("digits-idx3-ubyte").dropFirst(16))
        return (0..<50).map { Array(bytes[$0 * 784..<($0 + 1) * 784]) }
    }

    static func oneDigitAClass() throws -> [[UInt8]] {
        let digits = try digits()
        return stride(from: 0, to: 50, by: 5).map { digits[$0] }
    }

    /// One file of each format for the tests that damage files.
    static let samples = [
        "rgb8.png", "rgb444-progressive.jpg", "bits8.bmp", "raw.ppm", "plain.pgm",
    ]
}

/// The error that `body` throws, as text; nil when it doesn't.
func errorText(_ body: () throws -> Void) -> String? {
    do { try body() } catch { return "\(error)" }
    return nil
}
