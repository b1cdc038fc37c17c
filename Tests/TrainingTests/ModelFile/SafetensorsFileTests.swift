import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import Training

@Suite struct SafetensorsFileTests {
    private func model(_ values: [Float] = [1, 2, 3, 4, 5, 6]) -> SafetensorsFile {
        SafetensorsFile(
            tensors: ["conv2.weight": .init(values, shape: [2, 3])], name: "digit.safetensors")
    }

    private func message(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return "\(error)" }
        return nil
    }

    @Test func numbersSurviveTheRoundTripToTheBit() throws {
        var generator = SeededGenerator(seed: 3)
        let floats =
            generator.floats(1_000) + [-0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
        let doubles = [1 / 3, -0.0, Double.leastNonzeroMagnitude, .infinity]
        let integers = [Int64.min, -1, 0, .max]
        let file = SafetensorsFile(
            tensors: [
                "f": .init(floats, shape: [17, 59]), "d": .init(doubles, shape: [4]),
                "i": .init(integers, shape: [2, 2]),
            ], metadata: ["note": "é\n\"\\"])
        let again = try SafetensorsFile(parsing: file.encoded(), name: "again")
        #expect(again == file)
        #expect(again.tensors["f"]?.floats?.map(\.bitPattern) == floats.map(\.bitPattern))
        #expect(again.tensors["d"]?.doubles?.map(\.bitPattern) == doubles.map(\.bitPattern))
        #expect(again.tensors["i"]?.int64s == integers)
        #expect(again.tensors["i"]?.floats == nil)
    }

    @Test func nanBitsAreKeptByTheCodecAndRefusedAsWeights() throws {
        let file = model([1, 2, .nan, 4, 5, 6])
        let again = try SafetensorsFile(parsing: file.encoded(), name: "digit.safetensors")
        #expect(again.tensors["conv2.weight"]?.floats?[2].isNaN == true)
        #expect(
            message { _ = try again.float32(named: "conv2.weight", shape: [2, 3]) }
                == "digit.safetensors: conv2.weight[2] is nan; weights must be finite. "
                + "The training diverged or the file is damaged; use another checkpoint.")
        #expect(
            message {
                _ = try model([1, 2, 3, 4, 5, -.infinity]).float32(
                    named: "conv2.weight", shape: [2, 3])
            }?
            .contains("conv2.weight[5] is -inf") == true)
    }

    @Test func weightsOfAnotherShapeTypeOrNameAreRefused() {
        #expect(
            message { _ = try model().float32(named: "conv2.weight", shape: [3, 2]) }
                == "digit.safetensors: conv2.weight: checkpoint has [2, 3], model expects [3, 2]. "
                + "Use the configuration that it was trained with, or train again.")
        #expect(
            message { _ = try model().int64(named: "conv2.weight", shape: [2, 3]) }
                == "digit.safetensors: conv2.weight: checkpoint has F32, model expects I64")
        #expect(
            message { _ = try model().float32(named: "conv2.bias", shape: [2]) }
                == "digit.safetensors: conv2.bias is missing; model expects it. "
                + "Was it saved by another model?")
    }

    @Test func tensorsThatDisagreeWithTheirShapeAreNotWritten() throws {
        var file = model()
        file.tensors["conv2.weight"]?.shape = [2, 4]
        #expect(
            message { _ = try file.encoded() }
                == "digit.safetensors: conv2.weight: F32 of shape [2, 4] takes 32 bytes, "
                + "its data has 24")
        file.tensors["conv2.weight"]?.shape = [-2, -3]
        #expect(message { _ = try file.encoded() }?.contains("[-2, -3]") == true)
        file.tensors = ["__metadata__": .init([Float(1)], shape: [1])]
        #expect(
            message { _ = try file.encoded() }
                == "digit.safetensors: a tensor's name: expected any but the format's own key, "
                + "got \"__metadata__\"")
        try withTemporaryFolder { folder in
            #expect(throws: ModelFileError.self) {
                try file.write(to: folder.appendingPathComponent("m.safetensors"))
            }
            let left = try folderContents(folder)
            #expect(left == [])
        }
    }

    @Test func aFileIsWrittenAtomicallyAndReadBack() throws {
        try withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("models/m.safetensors")
            try model().write(to: url)
            let read = try SafetensorsFile.read(url)
            #expect(read == model())
            #expect(read.name == "m.safetensors")
            #expect(throws: FileError.self) {
                try model([0, 0, 0, 0, 0, 0]).write(to: url, exclusive: true)
            }
            #expect(try SafetensorsFile.read(url) == model())
            #expect(try folderContents(url.deletingLastPathComponent()) == ["m.safetensors"])
        }
    }

    @Test func whatIsNoRegularFileIsRefused() throws {
        #expect {
            try SafetensorsFile.read(URL(fileURLWithPath: "/dev/zero"))
        } throws: { "\($0)" == "/dev/zero: can't be read: not a regular file" }
        try withTemporaryFolder { folder in
            #expect(throws: FileError.self) { try SafetensorsFile.read(folder) }
            #expect {
                try SafetensorsFile.read(folder.appendingPathComponent("none.safetensors"))
            } throws: { "\($0)".contains("none.safetensors: can't be read") }
        }
    }
}
