/// Names of picture files.
public enum PictureName {
    /// In lower case.
    static let extensions: Set<String> = [
        "png", "jpg", "jpeg", "jpe", "jfif", "bmp", "dib", "pgm", "ppm", "pbm", "pnm",
    ]

    /// Whether a name ends as those of pictures that can be read do, in any case.
    public static func isPicture(_ fileName: String) -> Bool {
        guard let dot = fileName.utf8.lastIndex(of: UInt8(ascii: ".")) else { return false }
        return extensions.contains(fileName[fileName.utf8.index(after: dot)...].lowercased())
    }
}
