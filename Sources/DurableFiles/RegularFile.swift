import Foundation

/// Reads whole files that come from outside.
public enum RegularFile {
    /// The bytes of a regular file, or of one that a symbolic link leads to. Devices and pipes,
    /// which may never end, are refused.
    ///
    /// - Throws: `FileError.unreadable`.
    public static func read(_ url: URL) throws -> Data {
        do {
            let path = url.resolvingSymlinksInPath().path
            let kind = try FileManager.default.attributesOfItem(atPath: path)[.type]
            guard kind as? FileAttributeType == .typeRegular else {
                throw FileError.unreadable(path: url.path, reason: "not a regular file")
            }
            return try Data(contentsOf: url)
        } catch let error as FileError {
            throw error
        } catch {
            throw FileError.unreadable(path: url.path, reason: error.localizedDescription)
        }
    }
}
