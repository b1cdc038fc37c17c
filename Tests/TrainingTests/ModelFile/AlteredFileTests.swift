import DurableFiles
import Foundation
import Kernels
import Synchronization
import TestSupport
import Testing

@testable import Training

/// That no alteration of a model file or a checkpoint goes unnoticed.
@Suite struct AlteredFileTests {
    /// What an altered file is read as.
    struct Kind: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: @Sendable () throws -> Data
        /// Throws what a reading of the kind throws.
        let read: @Sendable (Data) throws -> Void
    }

    static let kinds = [
        Kind(
            testDescription: "model file", bytes: { try SealedFiles.model().bytes() },
            read: { _ = try ModelFile(parsing: $0, name: "m.safetensors") }),
        Kind(
            testDescription: "checkpoint", bytes: { try SealedFiles.checkpointBytes() },
            read: { bytes in
                let content = try SafetensorsFile(parsing: bytes, name: "c.safetensors")
                try SealedFiles.trainer().resume(from: Checkpoint(content: content))
            }),
    ]

    /// One bit of every byte of the header and of 1,500 others.
    @Test(arguments: kinds) func aFlippedBitIsRefused(_ kind: Kind) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let bytes = try kind.bytes()
        try kind.read(bytes)
        let header = 8 + Int(bytes[0]) + Int(bytes[1]) << 8
        let body = (0..<1_500).map { _ in Int.random(in: header..<bytes.count, using: &generator) }
        var accepted: [Int] = []
        for place in Array(0..<header) + body {
            var altered = bytes
            altered[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            if try isAccepted(altered, kind) { accepted.append(place) }
        }
        #expect(
            accepted.isEmpty,
            "seed \(seed): \(accepted.count) of \(header + body.count) accepted: \(accepted.prefix(9))"
        )
    }

    /// One to three bytes set to others, the file cut or made longer, and two equal spans swapped.
    @Test(arguments: kinds) func aDamagedFileIsRefused(_ kind: Kind) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let bytes = try kind.bytes()
        let whole = try SafetensorsFile(parsing: bytes, name: "whole")
        var accepted: [Int] = []
        for round in 0..<600 {
            var altered = bytes
            switch round % 4 {
            case 0: altered = bytes.prefix(Int.random(in: 0..<bytes.count, using: &generator))
            case 1:
                altered += (0...round % 7).map { _ in UInt8.random(in: 0...255, using: &generator) }
            case 2:
                let length = Int.random(in: 1...64, using: &generator)
                let first = Int.random(in: 0..<bytes.count - 2 * length, using: &generator)
                let second = Int.random(
                    in: first + length...bytes.count - length, using: &generator)
                altered.replaceSubrange(
                    first..<first + length, with: bytes[second..<second + length])
                altered.replaceSubrange(
                    second..<second + length, with: bytes[first..<first + length])
            default:
                for _ in 0...Int.random(in: 0...2, using: &generator) {
                    altered[Int.random(in: 0..<bytes.count, using: &generator)] ^= UInt8.random(
                        in: 1...255, using: &generator)
                }
            }
            if try isAccepted(altered, kind) {
                // Swapping may write the same content in other bytes: the names of two equal tensors
                // exchanged, or spaces moved within the header.
                let isSame = try SafetensorsFile(parsing: altered, name: "same") == whole
                if !isSame { accepted.append(round) }
            }
        }
        #expect(accepted.isEmpty, "seed \(seed): accepted in rounds \(accepted)")
    }

    /// A well-formed file with other content: what a tool would write that keeps the metadata.
    @Test(arguments: kinds) func anEditedFileIsRefused(_ kind: Kind) throws {
        let file = try SafetensorsFile(parsing: kind.bytes(), name: "whole")
        var edited: [String: SafetensorsFile] = [:]
        func edit(_ name: String, _ change: (inout SafetensorsFile) -> Void) {
            var copy = file
            change(&copy)
            edited[name] = copy
        }
        let names = file.names.filter { file.tensors[$0]?.dtype == .f32 }
        let twins = names.first { name in
            names.contains { $0 != name && file.tensors[$0]?.shape == file.tensors[name]?.shape }
        }
        let first = try #require(twins)
        let second = try #require(
            names.last { $0 != first && file.tensors[$0]?.shape == file.tensors[first]?.shape })
        edit("two tensors swapped") {
            ($0.tensors[first], $0.tensors[second]) = ($0.tensors[second], $0.tensors[first])
        }
        edit("a weight") { $0.tensors[first]?.data[0] ^= 1 }
        for key in file.metadata.keys {
            edit("\(key) removed") { $0.metadata[key] = nil }
            edit("\(key) changed") { $0.metadata[key]? += " " }
        }
        edit("an entry more") { $0.metadata["comment"] = "x" }
        for (name, file) in edited {
            #expect(try !isAccepted(file.encoded(), kind), "\(name)")
        }
    }

    private func isAccepted(_ bytes: Data, _ kind: Kind) throws -> Bool {
        do { try kind.read(bytes) } catch is ModelFileError { return false } catch is TrainingError
        {
            return false
        } catch is ConfigError { return false }
        return true
    }

    @Test func theErrorNamesTheFileAndWhatToDo() throws {
        var bytes = try SealedFiles.model().bytes()
        bytes[bytes.count - 1] ^= 1
        let error = try #require(throws: ModelFileError.self) {
            try ModelFile(parsing: bytes, name: "digits.safetensors")
        }
        let text = "\(error)"
        #expect(text.hasPrefix("digits.safetensors: was altered or damaged"), "\(text)")
        #expect(text.contains("Copy it again"), "\(text)")
    }

    // MARK: - What is no alteration

    /// A tool that writes the same tensors and metadata in another order writes the same model.
    @Test func theSameContentInAnotherOrderIsVerified() throws {
        let file = try SafetensorsFile(parsing: SealedFiles.model().bytes(), name: "m")
        var (header, body) = (#"{"#, Data())
        for name in file.names.reversed() {
            let tensor = file.tensors[name]!
            let end = body.count + tensor.data.count
            header += "\"\(name)\": {\"data_offsets\": [\(body.count), \(end)], \"dtype\": "
            header += "\"\(tensor.dtype.rawValue)\", \"shape\": \(tensor.shape)}, "
            body += tensor.data
        }
        let metadata = try JSONSerialization.data(withJSONObject: file.metadata)
        header += "\"__metadata__\": \(String(decoding: metadata, as: UTF8.self))}"
        var bytes = [UInt8]()
        bytes.append(littleEndian: UInt64(header.utf8.count))
        let reordered = Data(bytes) + Data(header.utf8) + body
        #expect(try ModelFile(parsing: reordered, name: "m").integrity == .verified)
    }

    @Test func theSameModelGivesTheSameBytesAndIsVerified() throws {
        let bytes = try SealedFiles.model().bytes()
        let read = try ModelFile(parsing: bytes, name: "m")
        #expect(read.integrity == .verified)
        #expect(try read.bytes() == bytes)
    }

    /// Those of PyTorch and of the version before.
    @Test func aFileWithoutADigestIsReadAndSaysSo() throws {
        let golden = try ModelFile.read(goldenFile("torch_model/model.safetensors"))
        #expect(golden.integrity == .noDigest)
        var content = try SafetensorsFile(parsing: SealedFiles.checkpointBytes(), name: "c")
        content.metadata[SafetensorsFile.digestKey] = nil
        content.metadata[SafetensorsFile.formatVersionKey] = nil
        let older = Checkpoint(
            content: try SafetensorsFile(parsing: content.encoded(), name: "older"))
        #expect(older.integrity == .noDigest)
        try SealedFiles.trainer().resume(from: older)
    }

    @Test(arguments: [
        (SafetensorsFile.digestKey, "0123"),
        (SafetensorsFile.digestKey, String(repeating: "A", count: 64)),
        (SafetensorsFile.formatVersionKey, "two"), (SafetensorsFile.formatVersionKey, "99"),
    ]) func anEntryThatIsNoneIsRefusedByName(_ key: String, _ value: String) throws {
        var file = try SafetensorsFile(parsing: SealedFiles.model().bytes(), name: "m")
        file.metadata[key] = value
        let error = try #require(throws: ModelFileError.self) {
            try SafetensorsFile(parsing: file.encoded(), name: "m")
        }
        #expect("\(error)".contains("__metadata__.\(key): expected"), "\(error)")
    }
}

/// A small model file and a small checkpoint as they are written.
enum SealedFiles {
    private static let samples = SmallModel.samples(16, seed: 5)

    private static var config: ModelConfig {
        var config = SmallModel.config(channels: [2, 3, 3])
        config.network.hiddenSize = 4
        (config.epochs, config.batchSize) = (2, 8)
        return config
    }

    static func model() throws -> ModelFile {
        let model = SmallModel.make(config)
        SmallModel.trainingPass(model, samples)
        return ModelFile(
            model,
            description: try ModelDescription(
                config: config, normalization: samples.normalization,
                classNames: (0..<10).map { "\($0)" }, inputHeight: 28, inputWidth: 28,
                metrics: ["validation_accuracy": 0.75, "validation_log_loss": 0.5],
                dataDigest: String(repeating: "ab", count: 32), tesseraVersion: "0.1.0"))
    }

    static func trainer() throws -> Trainer {
        try Trainer(
            model: SmallModel.make(config, threads: 1), training: samples, validation: samples)
    }

    static func checkpointBytes() throws -> Data {
        let saved = Mutex<Checkpoint?>(nil)
        let count = Mutex(0)
        _ = try trainer().run(
            shouldStop: {
                count.withLock {
                    $0 += 1; return $0 == 3
                }
            }, onInterrupt: { checkpoint in saved.withLock { $0 = checkpoint } })
        return try withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("c.safetensors")
            try saved.withLock { $0! }.write(to: url)
            return try Data(contentsOf: url)
        }
    }
}
