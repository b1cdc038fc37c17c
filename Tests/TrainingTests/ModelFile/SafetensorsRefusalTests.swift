import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import Training

/// Every header that must not be read, with the message that a user sees.
@Suite struct SafetensorsRefusalTests {
    /// A file of a header's bytes and a body, with the right length in front.
    static func file(_ header: some Sequence<UInt8>, body: Int = 0, length: UInt64? = nil) -> Data {
        let bytes = Array(header)
        var file = [UInt8]()
        file.append(littleEndian: length ?? UInt64(bytes.count))
        return Data(file + bytes + [UInt8](repeating: 1, count: body))
    }

    static func message(_ file: Data) -> String? {
        do {
            _ = try SafetensorsFile(parsing: file, name: "m.safetensors")
            return nil
        } catch { return "\(error)" }
    }

    static func tensor(_ dtype: String, _ shape: String, _ offsets: String) -> String {
        "{\"dtype\":\(dtype),\"shape\":\(shape),\"data_offsets\":\(offsets)}"
    }

    static let byte = tensor("\"U8\"", "[1]", "[0,1]")

    struct Case: Sendable, CustomTestStringConvertible {
        var header: String
        var body = 1
        var message: String
        var testDescription: String { String(header.prefix(80)) }
    }

    // MARK: - Length and frame

    @Test func aFileShorterThanItsLengthFieldIsRefused() {
        #expect(
            Self.message(Data([1, 2, 3]))
                == "m.safetensors: the header's length needs the file to be 8 bytes long, it has 3. "
                + "It is cut off; copy it again.")
    }

    @Test(arguments: [0, 1, 100_000_001, UInt64.max, 1 << 63])
    func anImpossibleHeaderLengthIsRefused(_ length: UInt64) {
        #expect(
            Self.message(Self.file("{}".utf8, length: length))
                == "m.safetensors: header length \(length), allowed is 2 to 100000000 bytes. "
                + "This is not a safetensors file, or it is damaged.")
    }

    @Test func aHeaderLongerThanTheFileIsRefused() {
        #expect(
            Self.message(Self.file("{}".utf8, length: 100_000_000))
                == "m.safetensors: the header needs the file to be 100000008 bytes long, it has 10. "
                + "It is cut off; copy it again.")
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        let header = Array("{\"é".utf8) + [0xC3, 0x28] + Array("\":\(Self.byte)}".utf8)
        #expect(
            Self.message(Self.file(header, body: 1))
                == "m.safetensors: header, byte 12: expected UTF-8, got byte 0xc3")
    }

    @Test func spacesAfterTheHeaderAreAllowed() throws {
        let data = Self.file("{ \"a\" :\n\t\(Self.byte) }     ".utf8, body: 1)
        #expect(
            try SafetensorsFile(parsing: data, name: "m").tensors["a"]?.data == Data([1]))
    }

    @Test func aSliceOfDataIsReadAsTheWhole() throws {
        let data = Data([9, 9, 9]) + Self.file("{\"a\":\(Self.byte)}".utf8, body: 1)
        #expect(try SafetensorsFile(parsing: data[3...], name: "m").names == ["a"])
    }

    // MARK: - JSON

    static let syntax = [
        Case(header: " {\"a\":\(byte)}", message: "header, byte 8: expected \"{\", got byte 0x20"),
        Case(header: "[1]", message: "header, byte 8: expected \"{\", got \"[\""),
        Case(
            header: "\u{FEFF}{}", body: 0, message: "header, byte 8: expected \"{\", got byte 0xef"),
        Case(
            header: "{}\n", body: 0,
            message: "header, byte 10: expected spaces to the end of the header, got byte 0x0a"),
        Case(
            header: "{}\0", body: 0,
            message: "header, byte 10: expected spaces to the end of the header, got byte 0x00"),
        Case(
            header: "{} {}", body: 0,
            message: "header, byte 11: expected spaces to the end of the header, got \"{\""),
        Case(
            header: "{\"a\":\(byte)", message: "expected \",\" or \"}\", got the end of the header"),
        Case(header: "{\"a\":\(byte),}", message: "expected a key in quotes, got \"}\""),
        Case(header: "{a:1}", message: "header, byte 9: expected a key in quotes, got \"a\""),
        Case(header: "{\"a\" 1}", message: "header, byte 13: expected \":\", got \"1\""),
        Case(header: "{\"a\":}", message: "header, byte 13: expected a JSON value, got \"}\""),
        Case(header: "{\"a\":", message: "expected a JSON value, got the end of the header"),
        Case(header: "{\"a\":nul}", message: "expected null, got \"}\""),
        Case(header: "{\"a\":[1 2]}", message: "expected \",\" or \"]\", got \"2\""),
        Case(header: "{\"a\":[01]}", message: "expected \",\" or \"]\", got \"1\""),
        Case(header: "{\"a\":-}", message: "expected a digit, got \"}\""),
        Case(header: "{\"a\":1.}", message: "expected a digit, got \"}\""),
        Case(header: "{\"a\":1e}", message: "expected a digit, got \"}\""),
        Case(header: "{\"a", message: "expected \"\\\"\", got the end of the header"),
        Case(header: "{\"a\\x\":1}", message: "expected an escape of JSON, got \"x\""),
        Case(header: "{\"a\\u12g4\":1}", message: "expected four hexadecimal digits, got \"g\""),
        Case(header: "{\"\\ud83d\":1}", message: "expected a pair of surrogates, got \"d\""),
        Case(header: "{\"\\ude00\":1}", message: "expected a pair of surrogates, got \"d\""),
        Case(header: "{\"\\ud83d\\u0041\":1}", message: "expected a pair of surrogates, got \"d\""),
        Case(
            header: "{\"a\u{1}\":1}",
            message: "expected a character, or an escape for a control character, got byte 0x01"),
        Case(
            header: "{\"a\":" + String(repeating: "[", count: 100_000),
            message: "header, byte 28: expected at most 16 levels of nesting, got \"[\""),
        Case(
            header: "{\"a\":\(byte),\"a\":\(byte)}",
            message: "m.safetensors: the header has the key \"a\" twice"),
        Case(
            header: "{\"a\":\(byte),\"\\u0061\":\(byte)}",
            message: "m.safetensors: the header has the key \"a\" twice"),
        Case(
            header: "{\"\u{E9}\":\(byte),\"e\u{301}\":\(byte)}",
            message: "m.safetensors: the header has the key \"e\u{301}\" twice"),
        Case(
            header: "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,1]}}",
            message: "m.safetensors: a has the key \"shape\" twice"),
        Case(
            header: "{\"__metadata__\":{\"k\":\"v\",\"k\":\"w\"},\"a\":\(byte)}",
            message: "m.safetensors: __metadata__ has the key \"k\" twice"),
        Case(
            header: "{\"__metadata__\":{},\"__metadata__\":{},\"a\":\(byte)}",
            message: "m.safetensors: the header has the key \"__metadata__\" twice"),
    ]

    // MARK: - Fields

    static let fields = [
        Case(
            header: "{\"__metadata__\":{\"k\":1},\"a\":\(byte)}",
            message: "m.safetensors: __metadata__.k: expected a string, got 1"),
        Case(
            header: "{\"__metadata__\":{\"k\":{\"x\":\"y\"}},\"a\":\(byte)}",
            message: "m.safetensors: __metadata__.k: expected a string, got an object"),
        Case(
            header: "{\"__metadata__\":null,\"a\":\(byte)}",
            message: "m.safetensors: __metadata__: expected an object of strings, got null"),
        Case(
            header: "{\"a\":[\"U8\",[1],[0,1]]}",
            message: "m.safetensors: a: expected an object, got [\"U8\", [1], [0, 1]]"),
        Case(
            header: "{\"a\":{\"shape\":[1],\"data_offsets\":[0,1]}}",
            message: "m.safetensors: a.dtype: expected a value, got nothing"),
        Case(
            header: "{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}",
            message: "m.safetensors: a.shape: expected a value, got nothing"),
        Case(
            header: "{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}",
            message: "m.safetensors: a.data_offsets: expected a value, got nothing"),
        Case(
            header: "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":1}}",
            message:
                "m.safetensors: a.x: expected only dtype, shape and data_offsets, got this field"),
        Case(
            header: "{\"a\":\(tensor("\"F128\"", "[1]", "[0,1]"))}",
            message: "m.safetensors: a.dtype: expected one of BOOL, F4, F6_E2M3, F6_E3M2, U8, I8, "
                + "F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ, I16, U16, F16, BF16, I32, "
                + "U32, F32, C64, F64, I64, U64, got \"F128\""),
        Case(header: "{\"a\":\(tensor("8", "[1]", "[0,1]"))}", message: "U64, got 8"),
        Case(
            header: "{\"a\":\(tensor("\"U8\"", "[1.0]", "[0,1]"))}",
            message: "m.safetensors: a.shape: expected an array of whole numbers, got [1.0]"),
        Case(
            header: "{\"a\":\(tensor("\"U8\"", "[-1]", "[0,1]"))}",
            message: "m.safetensors: a.shape: expected an array of whole numbers, got [-1]"),
        Case(header: "{\"a\":\(tensor("\"U8\"", "[-0]", "[0,1]"))}", message: "got [-0]"),
        Case(header: "{\"a\":\(tensor("\"U8\"", "[1e0]", "[0,1]"))}", message: "got [1e0]"),
        Case(header: "{\"a\":\(tensor("\"U8\"", "[\"1\"]", "[0,1]"))}", message: "got [\"1\"]"),
        Case(header: "{\"a\":\(tensor("\"U8\"", "1", "[0,1]"))}", message: "got 1"),
        Case(
            header: "{\"a\":\(tensor("\"U8\"", "[9223372036854775808]", "[0,1]"))}",
            message: "got [9223372036854775808]"),
        Case(
            header: "{\"a\":\(tensor("\"U8\"", "[1]", "[0]"))}",
            message:
                "m.safetensors: a.data_offsets: expected [start, end] with start ≤ end, got [0]"),
        Case(header: "{\"a\":\(tensor("\"U8\"", "[1]", "[0,1,2]"))}", message: "got [0, 1, 2]"),
        Case(header: "{\"a\":\(tensor("\"U8\"", "[1]", "[1,0]"))}", message: "got [1, 0]"),
        Case(header: "{\"a\":\(tensor("\"U8\"", "[1]", "[0,1.5]"))}", message: "got [0, 1.5]"),
        Case(header: "{\"a\":\(tensor("\"U8\"", "[1]", "[-1,0]"))}", message: "got [-1, 0]"),
    ]

    // MARK: - Sizes and layout

    static let layout = [
        Case(
            header: "{\"a\":\(tensor("\"U8\"", "[1]", "[1,2]"))}", body: 2,
            message: "m.safetensors: a.data_offsets: starts at 1, expected 0; "
                + "the bytes between belong to no tensor"),
        Case(
            header: "{\"a\":\(tensor("\"U8\"", "[2]", "[0,2]")),"
                + "\"b\":\(tensor("\"U8\"", "[2]", "[1,3]"))}", body: 3,
            message: "m.safetensors: b.data_offsets: starts at 1, expected 2; "
                + "it overlaps the tensor before it"),
        Case(
            header: "{\"a\":\(byte),\"b\":\(byte)}",
            message: "data_offsets: starts at 0, expected 1; it overlaps the tensor before it"),
        Case(
            header: "{\"a\":\(byte),\"b\":\(tensor("\"U8\"", "[1]", "[2,3]"))}", body: 3,
            message: "m.safetensors: b.data_offsets: starts at 2, expected 1; "
                + "the bytes between belong to no tensor"),
        Case(
            header: "{\"a\":\(byte)}", body: 2,
            message: "m.safetensors: its header needs the file to be 62 bytes long, it has 63. "
                + "There is data that belongs to no tensor."),
        Case(
            header: "{\"a\":\(byte)}", body: 0,
            message: "m.safetensors: its header needs the file to be 62 bytes long, it has 61. "
                + "It is cut off; copy it again."),
        Case(
            header: "{}", body: 1,
            message: "m.safetensors: its header needs the file to be 10 bytes long, it has 11. "
                + "There is data that belongs to no tensor."),
        Case(
            header: "{\"a\":\(tensor("\"U8\"", "[1]", "[0,9223372036854775807]"))}",
            message: "bytes long, it has 80. It is cut off; copy it again."),
        Case(
            header: "{\"a\":\(tensor("\"F32\"", "[2]", "[0,4]"))}", body: 4,
            message: "m.safetensors: a: F32 of shape [2] takes 8 bytes, its data has 4"),
        Case(
            header: "{\"a\":\(tensor("\"F32\"", "[]", "[0,0]"))}", body: 0,
            message: "m.safetensors: a: F32 of shape [] takes 4 bytes, its data has 0"),
        Case(
            header: "{\"a\":\(tensor("\"U8\"", "[0]", "[0,1]"))}",
            message: "m.safetensors: a: U8 of shape [0] takes 0 bytes, its data has 1"),
        // 2³² · 2³² wraps to 0 bytes in unchecked arithmetic.
        Case(
            header: "{\"a\":\(tensor("\"U8\"", "[4294967296,4294967296]", "[0,0]"))}", body: 0,
            message:
                "m.safetensors: a: U8 of shape [4294967296, 4294967296] is larger than any file"
        ),
        // 2⁶² elements of 4 bytes wrap to 0 as well.
        Case(
            header: "{\"a\":\(tensor("\"F32\"", "[4611686018427387904]", "[0,0]"))}", body: 0,
            message: "m.safetensors: a: F32 of shape [4611686018427387904] is larger than any file"),
        Case(
            header: "{\"a\":\(tensor("\"F4\"", "[3]", "[0,1]"))}",
            message: "m.safetensors: a.shape: expected whole bytes of 4-bit elements, got [3]"),
    ]

    @Test(arguments: syntax + fields + layout)
    func aBadHeaderIsRefused(_ bad: Case) throws {
        let message = try #require(Self.message(Self.file(bad.header.utf8, body: bad.body)))
        #expect(message.hasSuffix(bad.message))
        #expect(message.hasPrefix("m.safetensors: "))
    }

    // MARK: - Damage

    /// Flips bits of a real file: each damaged one is read or refused, never a crash, and one that
    /// is read is whole by its own account.
    @Test func damagedFilesAreReadOrRefusedAndNeverCrash() throws {
        let seed: UInt64 = 20_261_121
        var generator = SeededGenerator(seed: seed)
        var refused = 0
        for round in 0..<2_000 {
            let name = SafetensorsGoldenTests.names[round % SafetensorsGoldenTests.names.count]
            var bytes = try SafetensorsGoldenTests.bytes(name)
            for _ in 0...Int.random(in: 0...2, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] ^= UInt8.random(in: 1...255, using: &generator)
            }
            if round.isMultiple(of: 10) {
                bytes = bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))
            }
            do {
                let file = try SafetensorsFile(parsing: bytes, name: "damaged")
                let again = try SafetensorsFile(parsing: file.encoded(), name: "again")
                #expect(again == file, "seed \(seed), round \(round)")
            } catch is ModelFileError {
                refused += 1
            }
        }
        #expect(refused > 500 && refused < 2_000, "seed \(seed): \(refused) refused")
    }
}
