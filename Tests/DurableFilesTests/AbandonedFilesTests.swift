import Foundation
import Glibc
import TestSupport
import Testing

@testable import DurableFiles

@Suite struct AbandonedFilesTests {
    private func make(_ name: String, in folder: URL, size: Int = 5) throws {
        try Data(repeating: 1, count: size).write(to: folder.appendingPathComponent(name))
    }

    @Test func whatAKilledProcessLeftIsRemovedAndNothingElse() throws {
        try withTemporaryFolder { folder in
            let deep = folder.appendingPathComponent("runs/a")
            try Folder.make(deep)
            try make(".model.safetensors.12.345.tmp", in: folder)
            try make(".config.yaml.7.8.tmp", in: deep, size: 6)
            let others = [
                ".model.12.tmp", "model.bin.12.345.tmp", ".model.12.345.tmp.txt", ".a.b.c.tmp",
                "..12.345.tmp", ".x.-1.2.tmp",
            ]
            for name in others { try make(name, in: folder) }
            symlink("nowhere", folder.appendingPathComponent(".link.1.2.tmp").path)
            mkdir(folder.appendingPathComponent(".folder.1.2.tmp").path, 0o755)
            mkfifo(folder.appendingPathComponent(".pipe.1.2.tmp").path, 0o644)
            let trial = try AbandonedFiles.remove(in: folder, isDeep: true, isTrial: true)
            #expect(trial == RemovedFiles(count: 2, bytes: 11))
            #expect(try AbandonedFiles.remove(in: folder, isDeep: true) == trial)
            let kept = others + [".link.1.2.tmp", ".folder.1.2.tmp", ".pipe.1.2.tmp", "runs"]
            #expect(try Folder.names(in: folder) == kept.sorted())
            #expect(try Folder.names(in: deep) == [])
        }
    }

    @Test func whatIsBeingWrittenStays() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("rows.csv")
            let writer = try AtomicFileWriter(to: file)
            #expect(try AbandonedFiles.remove(in: folder) == RemovedFiles())
            #expect(try Folder.names(in: folder).count == 1)
            try writer.commit()
            #expect(try Folder.names(in: folder) == ["rows.csv"])
        }
    }

    @Test func theNextWriterOfAFileClearsWhatWasLeftOfIt() throws {
        try withTemporaryFolder { folder in
            try make(".rows.csv.12.345.tmp", in: folder)
            try make(".other.csv.12.345.tmp", in: folder)
            try AtomicFile.write(Data(), to: folder.appendingPathComponent("rows.csv"))
            #expect(try Folder.names(in: folder) == [".other.csv.12.345.tmp", "rows.csv"])
            try AtomicFile.write(Data(), to: folder.appendingPathComponent("other.csv"))
            #expect(try Folder.names(in: folder) == ["other.csv", "rows.csv"])
        }
    }

    /// Writers and clearers at once: a file is never lost between its making and its locking.
    @Test func clearingDoesNotDisturbWriters() throws {
        try withTemporaryFolder { folder in
            DispatchQueue.concurrentPerform(iterations: 4) { thread in
                for index in 0..<50 {
                    if thread.isMultiple(of: 2) {
                        let file = folder.appendingPathComponent("\(thread)-\(index)")
                        do { try AtomicFile.write(Data("\(index)".utf8), to: file) } catch {
                            Issue.record(error)
                        }
                    } else {
                        _ = try? AbandonedFiles.remove(in: folder)
                    }
                }
            }
            let names = try Folder.names(in: folder)
            #expect(names.count == 100)
        }
    }
}
