/// Text of files that people made, whatever their editor put in front of it.
package enum UTF8Text {
    /// The text without a byte order mark.
    ///
    /// - Parameter path: what the error calls the file.
    /// - Throws: `FileError.unreadable` for anything but UTF-8, with UTF-16 and UTF-32 named.
    package static func decode(_ bytes: [UInt8], path: String) throws -> String {
        let text = try content(bytes, path: path)
        guard let valid = String(validating: text, as: UTF8.self) else {
            throw FileError.unreadable(
                path: path, reason: "it is not UTF-8 text; save it as UTF-8")
        }
        // UTF-16 of Latin letters without a mark is valid UTF-8 in which every other byte is zero.
        guard !text.prefix(256).contains(0) else {
            throw FileError.unreadable(
                path: path,
                reason: "it has zero bytes, as UTF-16 and other than text has; save it as UTF-8")
        }
        return valid
    }

    private static func content(_ bytes: [UInt8], path: String) throws -> ArraySlice<UInt8> {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return bytes.dropFirst(3) }
        let isWide =
            bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF])
        if isWide || bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw FileError.unreadable(
                path: path,
                reason: "it is \(isWide ? "UTF-32" : "UTF-16") text; save it as UTF-8")
        }
        return bytes[...]
    }
}
