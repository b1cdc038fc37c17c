/// Bounds references within a YAML file (`*name`), of which a small file can make a value that
/// grows without end: lists of lists of references, as a key, are walked in full.
enum YAMLAliases {
    /// References to each other in the worst way grow to a few hundred times the file.
    static let limit = 16

    /// - Returns: the line of the first reference that is too many, counted from 1; nil for none.
    ///   What stands in comments isn't counted.
    static func lineBeyondLimit(_ text: String) -> Int? {
        var (count, line) = (0, 1)
        var previous = UInt8(ascii: "\n")
        var isComment = false
        for byte in text.utf8 {
            let isStart = " \t\n\r[{,:?-".utf8.contains(previous)
            if byte == UInt8(ascii: "\n") { (line, isComment) = (line + 1, false) }
            if byte == UInt8(ascii: "#"), isStart { isComment = true }
            if byte == UInt8(ascii: "*"), isStart, !isComment {
                count += 1
                if count > limit { return line }
            }
            previous = byte
        }
        return nil
    }

    static let reason = "more than \(limit) references (*name); write the values out"
}
