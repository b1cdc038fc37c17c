import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import RunExports

@Suite struct TensorBoardExportTests {
    @Test func theBytesAreThoseOfTensorBoardsOwnWriter() throws {
        try withTemporaryFolder { folder in
            let file = try TensorBoardExport.write(.small, to: folder)
            let expected = try Data(contentsOf: goldenFile("tracking/events.tfevents"))
            #expect(try Data(contentsOf: file) == expected)
            #expect(file.lastPathComponent == "events.out.tfevents.1700000000.tessera.0")
            #expect(file.deletingLastPathComponent().lastPathComponent == "run-1")
        }
    }

    @Test func anExportTakesTheOldOnesPlace() throws {
        try withTemporaryFolder { folder in
            var run = ExportedRun.small
            (run.status, run.finishedAt) = (.running, nil)
            let first = try TensorBoardExport.write(run, to: folder)
            let size = try Data(contentsOf: first).count
            let second = try TensorBoardExport.write(.small, to: folder)
            #expect(second == first)
            #expect(try folderContents(folder) == ["run-1"])
            #expect(
                try folderContents(folder.appendingPathComponent("run-1"))
                    == [first.lastPathComponent])
            #expect(try Data(contentsOf: second).count > size)
        }
    }

    @Test(arguments: [
        ("a/../../b", "a%2F..%2F..%2Fb"), ("..", "%2E."), (".hidden", "%2Ehidden"), ("", "%"),
        ("Lauf é", "Lauf%20%C3%A9"), ("a%2Fb", "a%252Fb"), ("x\u{0}\n", "x%00%0A"),
    ])
    func anIDNeverLeavesItsFolder(id: String, name: String) throws {
        try withTemporaryFolder { folder in
            var run = ExportedRun.small
            run.id = id
            try TensorBoardExport.write(run, to: folder)
            #expect(try folderContents(folder) == [name])
        }
    }

    @Test func aPlaceThatCannotBeWrittenIsNamed() throws {
        try withTemporaryFolder { folder in
            let place = folder.appendingPathComponent("file")
            try Data().write(to: place)
            #expect {
                try TensorBoardExport.write(.small, to: place)
            } throws: { error in
                "\(error)".hasPrefix(place.path) && error is FileError
            }
        }
    }
}
