import DurableFiles
import Foundation
import TestSupport

@testable import Datasets

/// The golden archive, what NumPy reads in it, and its files in memory.
struct GoldenCIFAR: Decodable {
    struct File: Decodable {
        let sha256: String
        let labels: [UInt8]
        /// `[N, 32, 32, 3]` in hexadecimal.
        let pixels: String

        var bytes: [UInt8] {
            let digits = pixels.utf8.map { Int($0) - ($0 < 97 ? 48 : 87) }
            return stride(from: 0, to: digits.count, by: 2).map {
                UInt8(digits[$0] << 4 | digits[$0 + 1])
            }
        }
    }

    /// Of a whole part.
    struct Part: Decodable {
        let count: Int
        let class_counts: [Int]
        let pixels_sha256: String
        let labels_sha256: String
        let mean: [Double]
        let standard_deviation: [Double]
    }

    let files: [String: File]
    let small: [String: Part]

    static let archive = goldenFile("cifar10/cifar-10-binary.tar.gz")
    static let expected = try! JSONDecoder().decode(
        GoldenCIFAR.self, from: Data(contentsOf: goldenFile("cifar10/expected.json")))

    /// The uncompressed archive.
    static let tar: [UInt8] = {
        var bytes: [UInt8] = []
        _ = try! FileContent.read(archive, limit: 1 << 20) { bytes += $0 }
        return bytes
    }()

    /// The content of each file in it.
    static let contents: [String: [UInt8]] = {
        let reader = try! TarReader(archive, limit: 1 << 20)
        var contents: [String: [UInt8]] = [:]
        while let entry = try! reader.next() {
            var bytes: [UInt8] = []
            _ = try! reader.read { bytes += $0 }
            contents[entry.name] = bytes
        }
        return contents
    }()

    /// Writes files of the set, those in `gzipped` compressed.
    static func write(
        _ names: [String] = CIFARFiles.trainBatches + [CIFARFiles.testBatch, CIFARFiles.classFile],
        gzipped: Set<String> = [], to folder: URL
    ) throws {
        try AtomicFile.makeFolder(folder)
        for name in names {
            let bytes = contents[name]!
            let isGzip = gzipped.contains(name)
            try Data(isGzip ? Gzip.compress(bytes) : bytes)
                .write(to: folder.appendingPathComponent(isGzip ? name + ".gz" : name))
        }
    }

    /// As if the golden archive were what is published.
    static func published(mirrors: [URL] = []) throws -> PublishedCIFAR {
        PublishedCIFAR(
            name: "little",
            archiveDigest: try SHA256.digest(ofFile: archive.path).get().digest,
            digests: expected.files.mapValues(\.sha256), mirrors: mirrors)
    }
}
