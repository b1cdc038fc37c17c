import DurableFiles
import Foundation
import TestSupport
import Testing

@Suite struct FileErrorTests {
    @Test func foundationsErrorsAreWhatHappened() throws {
        try withTemporaryFolder { folder in
            let missing = folder.appendingPathComponent("missing")
            #expect(reason { _ = try Data(contentsOf: missing) } == "No such file or directory")
            #expect(
                reason { try FileManager.default.removeItem(at: missing) }
                    == "No such file or directory")
            #expect(reason { _ = try Data(contentsOf: folder) } == "Is a directory")
            #expect(
                reason { try Data("x".utf8).write(to: URL(fileURLWithPath: "/dev/full")) }
                    == "No space left on device")
            let file = folder.appendingPathComponent("file")
            try Data().write(to: file)
            #expect(
                reason {
                    try FileManager.default.createDirectory(
                        at: file.appendingPathComponent("a"), withIntermediateDirectories: true)
                } == "Not a directory")
            chmod(folder.path, 0o000)
            defer { chmod(folder.path, 0o700) }
            asOrdinaryUser(owning: folder) {
                #expect(reason { _ = try Data(contentsOf: file) } == "Permission denied")
                #expect(reason { try Data().write(to: file) } == "Permission denied")
            }
        }
    }

    @Test func everyKindOfErrorHasWords() {
        struct Own: Error, CustomStringConvertible { let description = "what happened" }
        #expect(FileError.reason(of: POSIXError(.EIO)) == "Input/output error")
        #expect(FileError.reason(of: CocoaError(.fileReadUnknown)) == "Input/output error")
        #expect(FileError.reason(of: CocoaError(.fileWriteOutOfSpace)) == "No space left on device")
        #expect(
            FileError.reason(of: NSError(domain: NSPOSIXErrorDomain, code: 13))
                == "Permission denied")
        #expect(
            FileError.reason(
                of: NSError(
                    domain: NSCocoaErrorDomain, code: 512,
                    userInfo: [
                        NSUnderlyingErrorKey: NSError(domain: NSPOSIXErrorDomain, code: 4)
                    ])) == "Interrupted system call")
        #expect(FileError.reason(of: Own()) == "what happened")
        #expect(FileError.reason(of: FileError.unreadable(path: "a", reason: "why")) == "why")
    }

    private func reason(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return FileError.reason(of: error) }
        return nil
    }

    /// Only what left everything as it was says so.
    @Test func nothingWasChangedIsSaidOnlyWhereItIsSo() {
        func text(_ outcome: FileError.Outcome) -> String {
            FileError.unwritable(path: "a", step: "fsync", reason: "b", outcome: outcome)
                .description
        }
        #expect(
            text(.unchanged) == "a: can't be written (fsync): b. Nothing was changed; check free "
                + "space and permissions, then try again.")
        for outcome in [FileError.Outcome.unknown, .replaced, .partial] {
            #expect(!text(outcome).lowercased().contains("nothing was changed"))
        }
        #expect(text(.replaced).contains("The new content is there"))
        #expect(text(.partial).contains("Part of what was to be written is there"))
    }
}
