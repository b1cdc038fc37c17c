/// The form of a run's id: start time and a random part, such as `20261121T101500-3f9a1c`. It names
/// files and folders, so nothing else is taken for one, wherever it was read.
package enum RunID {
    static let example = "20261121T101500-3f9a1c"

    package static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == example.utf8.count else { return false }
        return zip(bytes, example.utf8).enumerated().allSatisfy { place, pair in
            switch place {
            case 8, 15: pair.0 == pair.1
            case 16...: isDigit(pair.0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(pair.0)
            default: isDigit(pair.0)
            }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
