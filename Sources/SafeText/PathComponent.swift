/// Foreign text as the name of one file or folder.
///
/// A class, a data set or a tag may be called anything, and is never a path: `../escaped` leads nowhere.
package enum PathComponent {
    /// Longest name in bytes: file systems take 255, and an ending may follow.
    static let longest = 200

    /// A name for `text`: different texts have different names, and an ordinary text is its own.
    ///
    /// Slashes of either kind, hidden characters, `%` and a dot in front are written as the `%XX` of
    /// their UTF-8; a long text is cut, and told from others by a digest. Never empty, `.` or `..`.
    package static func safe(_ text: String) -> String {
        var name = ""
        for scalar in text.unicodeScalars {
            let isLeadingDot = scalar == "." && name.isEmpty
            if isLeadingDot || "/\\%".unicodeScalars.contains(scalar) || scalar.isHidden {
                name += escaped(scalar)
            } else {
                name.unicodeScalars.append(scalar)
            }
        }
        // No other text has these: a `%` is followed by two digits else.
        guard !name.isEmpty else { return "%" }
        return name.utf8.count <= longest ? name : shortened(name)
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        UTF8.encode(scalar)!.map { byte in
            "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }

    private static func shortened(_ name: String) -> String {
        var start = ""
        for character in name {
            guard start.utf8.count + String(character).utf8.count <= longest - 20 else { break }
            start.append(character)
        }
        return start + "%~" + String(digest(name), radix: 16)
    }

    /// FNV-1a of 64 bits.
    private static func digest(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
