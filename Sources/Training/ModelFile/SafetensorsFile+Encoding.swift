import Foundation

extension SafetensorsFile {
    /// The bytes of the file, laid out as the reference implementation does: the header padded with
    /// spaces to a multiple of 8 bytes; tensors by descending alignment of their type, then by name.
    ///
    /// Metadata is written in the order of its keys, so that equal files have equal bytes.
    ///
    /// - Throws: `ModelFileError` for a tensor whose data doesn't fit its shape and type, or a
    ///   name that the format keeps for itself.
    public func encoded() throws -> Data {
        let order = names
        let header = try encodedHeader(order)
        guard header.count <= Self.maximumHeaderLength else {
            throw ModelFileError.headerLength(
                file: name, got: UInt64(header.count),
                allowed: "at most \(Self.maximumHeaderLength) bytes")
        }
        var prefix = [UInt8]()
        prefix.append(littleEndian: UInt64(header.count))
        var bytes = Data(prefix + header)
        for tensorName in order { bytes.append(tensors[tensorName]!.data) }
        return bytes
    }

    private func encodedHeader(_ order: [String]) throws -> [UInt8] {
        var members = [String]()
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key.precedesBytewise($1.key) }
                .map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
            members.append("\"\(Self.metadataKey)\":{\(pairs.joined(separator: ","))}")
        }
        var offset = 0
        for tensorName in order {
            let tensor = tensors[tensorName]!
            try check(tensor, tensorName)
            guard tensorName != Self.metadataKey else {
                throw ModelFileError.field(
                    file: name, field: "a tensor's name",
                    expected: "any but the format's own key", got: "\"\(tensorName)\"")
            }
            let end = offset + tensor.data.count
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(Self.quoted(tensorName)):{\"dtype\":\"\(tensor.dtype.rawValue)\","
                    + "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var header = Array("{\(members.joined(separator: ","))}".utf8)
        while !header.count.isMultiple(of: 8) { header.append(UInt8(ascii: " ")) }
        return header
    }

    /// A JSON string with the escapes of the reference implementation, and no others.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{8}": quoted += "\\b"
            case "\u{C}": quoted += "\\f"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
