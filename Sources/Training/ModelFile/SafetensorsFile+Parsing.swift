import DurableFiles
import Foundation

extension SafetensorsFile {
    /// The format's limit on the header's length, in bytes.
    public static let maximumHeaderLength = 100_000_000

    static let metadataKey = "__metadata__"

    /// Takes the content of a whole file's bytes.
    mutating func parse(_ data: Data) throws {
        let headerLength = try Self.headerLength(data, fileLength: data.count, name)
        let bytes = [UInt8](data.dropFirst(8).prefix(headerLength))
        let members = try Self.headerMembers(bytes, name)
        let body = data.dropFirst(8 + headerLength)
        for member in members where member.key == Self.metadataKey {
            metadata = try Self.parseMetadata(member.value, name)
        }
        let entries = try members.filter { $0.key != Self.metadataKey }.map { member in
            try Entry(parsing: member.value, tensor: member.key, file: name)
        }
        try requireContiguous(entries, bodyStart: 8 + headerLength, fileLength: data.count)
        for entry in entries {
            // Copied, so that a tensor's indices start at 0 and the file's bytes can be let go.
            let bytes = Data(body.dropFirst(entry.start).prefix(entry.end - entry.start))
            let tensor = Tensor(dtype: entry.dtype, shape: entry.shape, data: bytes)
            try check(tensor, entry.tensor)
            tensors[entry.tensor] = tensor
        }
    }

    /// Checks that shape, type and byte count agree.
    func check(_ tensor: Tensor, _ tensorName: String) throws {
        guard let bits = Self.bitCount(tensor.dtype, tensor.shape) else {
            throw ModelFileError.sizeOverflow(
                file: name, tensor: tensorName, dtype: tensor.dtype.rawValue, shape: tensor.shape)
        }
        guard bits.isMultiple(of: 8) else {
            throw ModelFileError.field(
                file: name, field: "\(tensorName).shape",
                expected: "whole bytes of \(tensor.dtype.bitCount)-bit elements",
                got: "\(tensor.shape)")
        }
        guard tensor.data.count == bits / 8 else {
            throw ModelFileError.byteCount(
                file: name, tensor: tensorName, dtype: tensor.dtype.rawValue, shape: tensor.shape,
                expected: bits / 8, got: tensor.data.count)
        }
    }

    /// The size in bits, or nil when it doesn't fit in an `Int` or a dimension is negative.
    private static func bitCount(_ dtype: DType, _ shape: [Int]) -> Int? {
        var product = 1
        for dimension in shape + [dtype.bitCount] {
            let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
            if overflow || dimension < 0 { return nil }
            product = next
        }
        return product
    }

    // MARK: - Header

    /// Checks that a file is as long as its header says, before the rest is read: one that is long
    /// and something else isn't taken into memory.
    ///
    /// - Throws: `FileError.unreadable`, `ModelFileError`.
    static func checkStart(of url: URL) throws {
        let (reader, name) = (try FileReader(url), url.lastPathComponent)
        let start = Data(try reader.readAll(limit: 8))
        let length = try headerLength(start, fileLength: reader.byteCount, name)
        let members = try headerMembers(try reader.readAll(limit: length), name)
        let entries = try members.filter { $0.key != metadataKey }.map { member in
            try Entry(parsing: member.value, tensor: member.key, file: name)
        }
        try SafetensorsFile(name: name).requireContiguous(
            entries, bodyStart: 8 + length, fileLength: reader.byteCount)
    }

    private static func headerLength(
        _ data: Data, fileLength: Int, _ name: String
    ) throws -> Int {
        guard data.count >= 8 else {
            throw ModelFileError.wrongLength(
                file: name, part: "the header's length", expected: 8, got: data.count)
        }
        let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length >= 2, length <= maximumHeaderLength else {
            throw ModelFileError.headerLength(
                file: name, got: length, allowed: "2 to \(maximumHeaderLength) bytes")
        }
        guard Int(length) <= fileLength - 8 else {
            throw ModelFileError.wrongLength(
                file: name, part: "the header", expected: 8 + Int(length), got: fileLength)
        }
        return Int(length)
    }

    private static func headerMembers(
        _ bytes: [UInt8], _ name: String
    ) throws -> [StrictJSON.Member] {
        var parser = StrictJSONParser(bytes, file: name, firstOffset: 8)
        guard bytes.first == UInt8(ascii: "{") else { throw parser.unexpected("\"{\"") }
        try parser.requireUTF8()
        guard case .object(let members) = try parser.parseDocument() else {
            throw parser.unexpected("an object")
        }
        return members
    }

    private static func parseMetadata(
        _ value: StrictJSON, _ name: String
    ) throws -> [String: String] {
        guard case .object(let members) = value else {
            throw ModelFileError.field(
                file: name, field: metadataKey, expected: "an object of strings",
                got: value.summary)
        }
        var metadata = [String: String]()
        for member in members {
            guard case .string(let text) = member.value else {
                throw ModelFileError.field(
                    file: name, field: "\(metadataKey).\(member.key)", expected: "a string",
                    got: member.value.summary)
            }
            metadata[member.key] = text
        }
        return metadata
    }

    // MARK: - Layout

    /// Bytes must be covered once each, from the first of the body to the last of the file.
    private func requireContiguous(
        _ entries: [Entry], bodyStart: Int, fileLength: Int
    ) throws {
        var end = 0
        for entry in entries.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
            guard entry.start == end else {
                throw ModelFileError.layout(
                    file: name, tensor: entry.tensor, expectedStart: end, gotStart: entry.start)
            }
            end = entry.end
        }
        let (expected, overflow) = bodyStart.addingReportingOverflow(end)
        guard !overflow, expected == fileLength else {
            throw ModelFileError.wrongLength(
                file: name, part: "its header", expected: overflow ? .max : expected,
                got: fileLength)
        }
    }
}

/// What the header says of one tensor: its bytes lie in `start ..< end` of the body.
private struct Entry {
    var tensor: String
    var dtype: SafetensorsFile.DType
    var shape: [Int]
    var start: Int
    var end: Int

    init(parsing value: StrictJSON, tensor: String, file: String) throws {
        func refuse(_ field: String, _ expected: String, _ got: String) -> ModelFileError {
            .field(file: file, field: "\(tensor)\(field)", expected: expected, got: got)
        }
        guard case .object(let members) = value else {
            throw refuse("", "an object", value.summary)
        }
        let fields = Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value) })
        for key in ["dtype", "shape", "data_offsets"] where fields[key] == nil {
            throw refuse(".\(key)", "a value", "nothing")
        }
        for key in members.map(\.key) where !["dtype", "shape", "data_offsets"].contains(key) {
            throw refuse(".\(key)", "only dtype, shape and data_offsets", "this field")
        }
        guard case .string(let typeName) = fields["dtype"]!,
            let dtype = SafetensorsFile.DType(rawValue: typeName)
        else {
            let known = SafetensorsFile.DType.allCases.map(\.rawValue).joined(separator: ", ")
            throw refuse(".dtype", "one of \(known)", fields["dtype"]!.summary)
        }
        guard let shape = fields["shape"]!.sizes else {
            throw refuse(".shape", "an array of whole numbers", fields["shape"]!.summary)
        }
        guard let offsets = fields["data_offsets"]!.sizes, offsets.count == 2,
            offsets[0] <= offsets[1]
        else {
            throw refuse(
                ".data_offsets", "[start, end] with start ≤ end", fields["data_offsets"]!.summary)
        }
        self.tensor = tensor
        self.dtype = dtype
        self.shape = shape
        self.start = offsets[0]
        self.end = offsets[1]
    }
}
