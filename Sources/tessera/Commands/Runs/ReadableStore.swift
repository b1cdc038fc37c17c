import DurableFiles
import Foundation
import Orchestration
import SafeText

/// The store of a home folder, or a copy of it where it can't be written; nil where nothing was ever
/// run.
///
/// - Throws: `StoreError`, `FileError`.
func readableStore(_ home: URL) throws -> RunStore? {
    guard RunStore.exists(in: home) else { return nil }
    func copy(_ reason: any Error) throws -> RunStore {
        Console.standardError().lines(
            messageLines(of: reason) + ["what follows is read from a copy"])
        return try RunStore(copyOf: home)
    }
    do { return try RunStore(home: home) } catch let error as StoreError
        where error.isAboutWriting
    {
        return try copy(error)
    } catch let error as FileError {
        guard case .unwritable = error else { throw error }
        return try copy(error)
    }
}
