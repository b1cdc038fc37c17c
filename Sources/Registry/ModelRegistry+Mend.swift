import DurableFiles
import Foundation

extension ModelRegistry {
    /// Gives a stored model whose file was damaged or lost the very bytes that its digest names.
    ///
    /// Deploying never does this by itself: a changed file may be no accident, so that it is said.
    ///
    /// - Parameter data: the model's bytes.
    /// - Returns: whether anything had to be mended; false also for a model that isn't stored.
    /// - Throws: `RegistryError`, `FileError`.
    package func mend(with data: Data) throws -> Bool {
        let digest = SHA256.hexDigest(of: data)
        return try store.exclusively {
            guard let entry = try soundState().entries[digest] else { return false }
            do { _ = try read(entry) } catch let error as RegistryError {
                switch error {
                case .modelAltered, .modelMissing: break
                default: throw error
                }
                try store.put(data, at: entry.contentKey, condition: .always)
                _ = try read(entry)
                return true
            }
            return false
        }
    }
}
