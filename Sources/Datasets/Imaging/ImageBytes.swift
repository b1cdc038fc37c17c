/// A file's bytes read with strict bounds: a read past the end throws, it never traps.
struct ImageBytes {
    let bytes: [UInt8]
    let name: String
    let format: ImageFormat

    init(_ bytes: [UInt8], name: String, format: ImageFormat) {
        self.bytes = bytes
        self.name = name
        self.format = format
    }

    var count: Int { bytes.count }

    func byte(_ offset: Int, _ what: String) throws -> UInt8 {
        try need(offset, 1, what)
        return bytes[offset]
    }

    func uint16(_ offset: Int, _ what: String) throws -> Int {
        try need(offset, 2, what)
        return Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
    }

    func uint32(_ offset: Int, _ what: String) throws -> UInt32 {
        try need(offset, 4, what)
        return (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }

    func int32(_ offset: Int, _ what: String) throws -> Int {
        Int(Int32(bitPattern: try uint32(offset, what)))
    }

    /// Throws unless `length` bytes lie at `offset`.
    func need(_ offset: Int, _ length: Int, _ what: String) throws {
        guard offset >= 0 && length >= 0 && offset <= count && length <= count - offset else {
            throw ImageError.truncated(
                name: name, format: format,
                detail: "\(what) needs \(length) bytes at offset \(offset), "
                    + "the file has \(count) bytes")
        }
    }

    func damaged(_ detail: String) -> ImageError {
        .damaged(name: name, format: format, detail: detail)
    }

    func unsupported(_ found: String, only supported: String) -> ImageError {
        .unsupported(name: name, format: format.rawValue, found: found, supported: supported)
    }
}
