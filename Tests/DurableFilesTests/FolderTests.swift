import Foundation
import Glibc
import TestSupport
import Testing

@testable import DurableFiles

@Suite struct FolderTests {
    @Test func foldersAreMadeListedAndRemoved() throws {
        try withTemporaryFolder { folder in
            let top = folder.appendingPathComponent("a")
            let deep = top.appendingPathComponent("b/c d/é")
            try Folder.make(deep)
            try Folder.make(deep)
            try Data().write(to: deep.appendingPathComponent("file"))
            let outside = folder.appendingPathComponent("outside")
            try Folder.make(outside)
            symlink(outside.path, deep.appendingPathComponent("link").path)
            #expect(try Folder.names(in: deep) == ["file", "link"])
            try Folder.remove(top)
            try Folder.remove(top)
            #expect(try Folder.names(in: folder) == ["outside"])
            #expect(try Folder.names(in: top) == [])
        }
    }

    @Test func errorsNameThePlaceAndTheReason() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("file")
            try Data().write(to: file)
            let below = file.appendingPathComponent("a/b")
            #expect { try Folder.make(below) } throws: {
                "\($0)".contains("can't be written (make folder): Not a directory")
            }
            #expect { try Folder.make(file) } throws: { "\($0)".contains("File exists") }
            let link = folder.appendingPathComponent("link")
            symlink("gone", link.path)
            #expect { try Folder.make(link) } throws: {
                "\($0)".contains("can't be written (make folder): broken link to gone")
            }
            #expect { try Folder.names(in: file) } throws: {
                "\($0)" == "\(file.path): can't be read: Not a directory"
            }
            chmod(folder.path, 0o500)
            defer { chmod(folder.path, 0o700) }
            _ = asOrdinaryUser(owning: folder) {
                #expect { try Folder.remove(file) } throws: {
                    "\($0)".hasPrefix("\(file.path): can't be removed: Permission denied. ")
                }
            }
        }
    }

    @Test func interruptedCallsAreMadeAgain() {
        var results: [Int32] = [-1, -1, 5]
        let result = SystemCall.retrying { () -> Int32 in
            errno = EINTR
            return results.removeFirst()
        }
        #expect(result == 5 && results.isEmpty)
        let failed = SystemCall.retrying { () -> Int in
            errno = EIO
            return -1
        }
        #expect(failed == -1 && SystemCall.reason == "Input/output error")
    }
}
