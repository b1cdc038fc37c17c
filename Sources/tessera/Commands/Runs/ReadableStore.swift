import DigitPipeline
import DurableFiles
import Foundation
import Orchestration
import SafeText

/// The store of a home folder, or a copy of it where it can't be written; nil where nothing was ever
/// run.
///
/// - Throws: `StoreError`, `FileError`.
func readableStore(_ home: URL) throws -> RunStore? {
    guard try RunStore.exists(in: home) else { return nil }
    func copy(_ reason: any Error) throws -> RunStore {
        Console.standardError().lines(
            messageLines(of: reason) + ["what follows is read from a copy"])
        return try RunStore(copyOf: home)
    }
    do { return try openStore(home) } catch let error as StoreError
        where error.isAboutWriting
    {
        return try copy(error)
    } catch let error as FileError {
        guard case .unwritable = error else { throw error }
        return try copy(error)
    }
}

/// The store of a home folder, which is made where there is none; waiting for another process is told on
/// standard error.
///
/// - Throws: `StoreError`, `FileError`.
func openStore(_ home: URL) throws -> RunStore {
    try RunStore(home: home, onWait: { Console.standardError().line(Waiting.text($0)) })
}
