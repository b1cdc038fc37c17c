import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Equal to scikit-learn's indices, in its order. Goldens: `generate/split.py`.
@Suite struct StratifiedSplitTests {
    struct Golden: Decodable {
        let cases: [Case]
    }

    struct Case: Decodable {
        let labels: String
        let testSize: Double
        let trainSize: Double?
        let seed: UInt32
        let train: [Int]?
        let test: [Int]?
        let error: String?

        /// Fractions lie below 1, counts don't.
        static func size(_ value: Double) -> StratifiedSplit.Size {
            value < 1 ? .fraction(value) : .count(Int(value))
        }

        func split() throws -> StratifiedSplit {
            try StratifiedSplit(
                labels: labels.utf8.map { $0 - 48 }, test: Self.size(testSize),
                train: trainSize.map(Self.size), seed: seed)
        }
    }

    static func read<Value: Decodable>(_ name: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Value.self, from: Data(contentsOf: goldenFile(name)))
    }

    @Test func smallCasesEqualScikitLearn() throws {
        let golden: Golden = try Self.read("split.json")
        #expect(golden.cases.count == 400)
        for (number, value) in golden.cases.enumerated() {
            if let expected = value.error {
                let error = #expect(throws: SplitError.self, "case \(number)") {
                    try value.split()
                }
                #expect(error.map(Self.kind) == Self.kind(expected), "case \(number): \(expected)")
            } else {
                let split = try value.split()
                #expect(split.train == value.train && split.test == value.test, "case \(number)")
            }
        }
    }

    /// The part of scikit-learn's message that tells which of its errors it is.
    static func kind(_ message: String) -> String {
        if message.hasPrefix("The least populated") { return "few members" }
        if message.hasPrefix("The sum of") { return "sum" }
        if message.hasPrefix("The train_size =") { return "train small" }
        if message.hasPrefix("The test_size =") { return "test small" }
        return message
    }

    static func kind(_ error: SplitError) -> String {
        switch error {
        case .tooFewMembers: "few members"
        case .sum: "sum"
        case .partTooSmall(let part, _, _): part == "test" ? "test small" : "train small"
        case .size, .emptyTraining: "size"
        }
    }

    // MARK: - Whole sets

    struct Lists: Decodable {
        struct Part: Decodable {
            let count: Int
            let sha256Int32Le: String
            let first: [Int]
            let last: [Int]
        }
        let testSize: Double
        let seed: UInt32
        let labelsSha256: String
        let train: Part
        let test: Part
    }

    func compare(_ name: String, labels: [UInt8]) throws {
        let golden: Lists = try Self.read("split_\(name).json")
        #expect(SHA256.hexDigest(of: labels) == golden.labelsSha256)
        let split = try StratifiedSplit(
            labels: labels, test: .fraction(golden.testSize), seed: golden.seed)
        for (part, expected) in [(split.train, golden.train), (split.test, golden.test)] {
            #expect(part.count == expected.count)
            #expect(Array(part.prefix(100)) == expected.first)
            #expect(Array(part.suffix(100)) == expected.last)
            let bytes = part.flatMap { index in
                [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: index >> $0) }
            }
            #expect(SHA256.hexDigest(of: bytes) == expected.sha256Int32Le)
        }
        var bytes: [UInt8] = []
        _ = try FileContent.read(goldenFile("split_\(name)_indices.bin.gz"), limit: 1 << 20) {
            bytes += $0
        }
        let indices = stride(from: 0, to: bytes.count, by: 2).map {
            Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8
        }
        #expect(split.train + split.test == indices)
    }

    @Test func theShippedSampleIsSplitAsByScikitLearn() throws {
        try compare("sample", labels: MNISTSample.load(limits: DatasetLimits()).train.labels)
    }

    /// MNIST's own labels are read where they are; the sample's test runs everywhere.
    @Test(.enabled(if: mnistFolder() != nil, "give MNIST's folder as TESSERA_DATA_DIR"))
    func mnistIsSplitAsByScikitLearn() throws {
        let folder = IDXFolder(url: try #require(mnistFolder()))
        let file = try #require(try folder.find(PublishedDataset.fileNames.trainLabels))
        try compare("mnist", labels: IDXFile.read(file, expecting: .labels).file.elements)
    }

    // MARK: - Properties and errors

    @Test func isADisjointStratifiedCover() throws {
        var random = SeededGenerator(seed: 3)
        for seed in 0..<20 as Range<UInt32> {
            let labels = (0..<500).map { _ in UInt8(random.next() % 5) }
            let split = try StratifiedSplit(labels: labels, test: .fraction(0.2), seed: seed)
            #expect((split.train + split.test).sorted() == Array(0..<500))
            for label in 0..<5 as Range<UInt8> {
                let share = Double(labels.count { $0 == label }) * 0.2
                let got = split.test.count { labels[$0] == label }
                #expect(abs(Double(got) - share) < 1, "seed \(seed), class \(label)")
            }
        }
    }

    @Test func refusesWhatScikitLearnRefuses() {
        func message(
            _ labels: [UInt8], _ test: StratifiedSplit.Size, _ train: StratifiedSplit.Size? = nil
        ) -> String {
            do {
                let split = try StratifiedSplit(labels: labels, test: test, train: train, seed: 0)
                return "no error: \(split)"
            } catch { return "\(error)" }
        }
        let pairs: [UInt8] = [0, 0, 1, 1, 2, 2]
        #expect(
            message(pairs, .fraction(1)) == "test size 1.0: expected a fraction between 0 and 1, "
                + "or 1 to 5 of the 6 samples")
        #expect(message(pairs, .fraction(.nan)).hasPrefix("test size nan: expected a fraction"))
        #expect(message(pairs, .count(6)).hasPrefix("test size 6: expected a fraction"))
        #expect(message(pairs, .count(0)).hasPrefix("test size 0: expected a fraction"))
        #expect(message([], .count(1)).hasPrefix("test size 1: expected a fraction"))
        #expect(message(pairs, .count(3), .fraction(0)).hasPrefix("training size 0.0: expected"))
        #expect(
            message(pairs, .fraction(0.5), .fraction(0.6))
                == "training size 0.6 and test size 0.5 together are more than the 6 samples; "
                + "reduce one of them")
        #expect(
            message(pairs, .count(5), .count(5))
                == "training size 5 and test size 5 together are more than the 6 samples; "
                + "reduce one of them")
        #expect(
            message([0, 1], .fraction(0.9))
                == "test size 0.9 of 2 samples leaves none for training; reduce it")
        #expect(
            message([0, 0, 7, 0, 9], .count(2))
                == "classes 7, 9: 1 sample, expected at least 2, so that each part can have one. "
                + "Add samples or leave the class out")
        #expect(
            message(pairs, .count(2)) == "test part of 2 samples, expected at least the number of "
                + "classes (3); change its size")
        #expect(message(pairs, .count(4)).hasPrefix("training part of 2 samples, expected"))
    }
}

/// The folder of the whole MNIST on this machine, if it is here.
func mnistFolder() -> URL? {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    let given = ProcessInfo.processInfo.environment["TESSERA_DATA_DIR"]
        .map { URL(fileURLWithPath: $0) }
    let shared = root.deletingLastPathComponent().appendingPathComponent("shared/data/mnist")
    return [given, given?.appendingPathComponent("mnist"), shared].compactMap { $0 }.first {
        (try? PublishedFiles(dataset: .mnist, folder: $0).missing().names.isEmpty) == true
    }
}
