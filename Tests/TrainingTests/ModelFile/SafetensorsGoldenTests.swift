import Foundation
import TestSupport
import Testing

@testable import Training

/// Files that Python's safetensors 0.8.0 wrote, read and written again to the same bytes.
@Suite struct SafetensorsGoldenTests {
    struct Expected: Decodable {
        struct File: Decodable {
            var order: [String]
            var metadata: [String: String]
            var tensors: [String: Tensor]
        }
        struct Tensor: Decodable {
            var dtype: String
            var shape: [Int]
            var hex: String
        }
        var files: [String: File]
    }

    static let names = [
        "model", "one_metadata", "metadata", "empty", "no_tensors", "every_dtype", "packed",
    ]

    static func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: goldenFile("safetensors/\(name).safetensors"))
    }

    static func expected(_ name: String) throws -> Expected.File {
        let json = try Data(contentsOf: goldenFile("safetensors/expected.json"))
        return try JSONDecoder().decode(Expected.self, from: json).files["\(name).safetensors"]!
    }

    @Test(arguments: names)
    func readsWhatTheReferenceReads(_ name: String) throws {
        let expected = try Self.expected(name)
        let file = try SafetensorsFile.read(goldenFile("safetensors/\(name).safetensors"))
        #expect(file.metadata == expected.metadata)
        #expect(Set(file.tensors.keys) == Set(expected.tensors.keys))
        for (tensorName, tensor) in expected.tensors {
            let got = try #require(file.tensors[tensorName])
            #expect(got.dtype.rawValue == tensor.dtype, "\(tensorName)")
            #expect(got.shape == tensor.shape, "\(tensorName)")
            #expect(hex(got.data) == tensor.hex, "\(tensorName)")
        }
    }

    @Test(arguments: names)
    func ordersTensorsAsTheReference(_ name: String) throws {
        let file = try SafetensorsFile.read(goldenFile("safetensors/\(name).safetensors"))
        #expect(try file.names == Self.expected(name).order)
    }

    @Test(arguments: names)
    func writesTheReferencesBytes(_ name: String) throws {
        let expected = try Self.expected(name)
        // From what the tensors are, not from what the parser made of the file.
        let tensors = expected.tensors.mapValues {
            SafetensorsFile.Tensor(
                dtype: SafetensorsFile.DType(rawValue: $0.dtype)!, shape: $0.shape,
                data: data(hex: $0.hex))
        }
        let file = SafetensorsFile(tensors: tensors, metadata: expected.metadata)
        #expect(try file.encoded() == Self.bytes(name))
    }

    @Test func everyTypeThatTheReferenceKnowsIsCovered() throws {
        let files = try ["every_dtype", "packed"].map {
            try SafetensorsFile.read(goldenFile("safetensors/\($0).safetensors"))
        }
        let seen = Set(files.flatMap { $0.tensors.values.map(\.dtype) })
        #expect(seen == Set(SafetensorsFile.DType.allCases))
    }

    @Test func valuesComeOutAsNumbers() throws {
        let model = try SafetensorsFile.read(goldenFile("safetensors/model.safetensors"))
        #expect(
            try model.int64(named: "bn1.num_batches_tracked", shape: []) == [1_234_567_890_123])
        let doubles = try #require(model.tensors["Z.before.a"]?.doubles)
        #expect(doubles == [0.1, 0, .leastNonzeroMagnitude])
        #expect(doubles[1].sign == .minus)
        #expect(try model.float32(named: "é.umlaut", shape: [1]) == [1.5])
        let empty = try SafetensorsFile.read(goldenFile("safetensors/empty.safetensors"))
        #expect(try empty.float32(named: "scalar", shape: []) == [7.25])
        #expect(try empty.float32(named: "none", shape: [0]) == [])
        #expect(try empty.int64(named: "flat", shape: [3, 0, 2]) == [])
    }

    private func hex(_ data: Data) -> String {
        data.map { String(format: "%02x", $0) }.joined()
    }

    private func data(hex: String) -> Data {
        let digits = Array(hex.utf8).map { Character(UnicodeScalar($0)).hexDigitValue! }
        return Data(
            stride(from: 0, to: digits.count, by: 2).map {
                UInt8(digits[$0] << 4 | digits[$0 + 1])
            })
    }
}
