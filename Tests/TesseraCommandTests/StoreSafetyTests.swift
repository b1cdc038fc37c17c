import DurableFiles
import Foundation
import Glibc
import Orchestration
import TestSupport
import Testing

/// What is in the store, and what lies where a page is to be written, is believed only after a look.
@Suite struct StoreSafetyTests {
    private func alter(_ workspace: Workspace, _ sql: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let script =
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
            + "c.executescript(sys.argv[2]); c.commit()"
        process.arguments = [
            "python3", "-c", script, workspace.home.appendingPathComponent("runs.sqlite").path, sql,
        ]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    private func exists(_ url: URL) -> Bool { FileFacts(url.path) != nil }

    @Test func aNameInTheStoreLeadsNowhere() throws {
        try Workspace.within { workspace in
            _ = try workspace.run("train")
            let outside = workspace.folder.appendingPathComponent(
                "outside/checkpoints/step-1.safetensors")
            try AtomicFile.write(Data("mine".utf8), to: outside)
            try alter(workspace, "UPDATE run SET id = '../../outside'")
            for arguments in [
                ["runs", "gc"], ["runs", "delete", "latest"], ["runs", "delete", "../../outside"],
                ["report"], ["runs", "show"], ["runs", "export", "latest", "--tensorboard", "tb"],
                ["runs", "list"],
            ] {
                let result = try workspace.run(arguments)
                #expect(result.status == 2, "\(arguments): \(result.errors)")
                #expect(
                    result.errors.contains("runs.sqlite: damaged: table run, row 1, column id"),
                    "\(arguments): \(result.errors)")
            }
            #expect(try Data(contentsOf: outside) == Data("mine".utf8))
            let pages = workspace.folder.appendingPathComponent("outside.html")
            #expect(!exists(pages) && !exists(workspace.folder.appendingPathComponent("tb")))
        }
    }

    @Test func aDamagedRunIsToldAndTheOthersAreListed() throws {
        try Workspace.within { workspace in
            let (first, second) = (try workspace.run(), try workspace.run())
            try alter(workspace, "UPDATE run SET tags = '{\"' WHERE id = '\(first.id)'")
            let list = try workspace.run(["runs", "list"])
            #expect(list.status == 2 && list.output.contains(second.id))
            #expect(list.errors.contains("table run, run \(first.id), column tags: it is no JSON"))
            #expect(!list.errors.contains("DecodingError"))
            #expect(try workspace.run(["runs", "show"]).status == 0)
            #expect(try workspace.run(["runs", "delete", first.id]).status == 0)
            #expect(try workspace.run(["runs", "list"]).status == 0)
        }
    }

    @Test func readingIsNotHeldUpByALockAndWritingTellsOfIt() throws {
        try Workspace.within { workspace in
            let run = try workspace.run()
            let file = workspace.home.appendingPathComponent("runs.lock")
            let lock = try FileLock(file)
            for arguments in [["runs", "list"], ["runs", "show"], ["report"]] {
                let start = ContinuousClock.now
                #expect(try workspace.run(arguments).status == 0, "\(arguments)")
                #expect(ContinuousClock.now - start < .seconds(10), "\(arguments)")
            }
            Thread.detachNewThread {
                Thread.sleep(forTimeInterval: 2.5)
                lock.unlock()
            }
            let deleted = try workspace.run(["runs", "delete", run.id])
            #expect(deleted.status == 0)
            #expect(deleted.errors.contains("waiting for \(file.path)"), "\(deleted.errors)")
        }
    }

    @Test func pagesReplaceNothingSpecialAndFollowLinks() throws {
        try Workspace.within { workspace in
            _ = try workspace.run()
            func at(_ name: String) -> URL { workspace.folder.appendingPathComponent(name) }
            mkfifo(at("pipe").path, 0o644)
            try Folder.make(at("folder"))
            symlink("/dev/null", at("null").path)
            symlink("pages/real.html", at("link").path)
            for name in ["pipe", "folder", "null", "/dev/full"] {
                for command in [["report", "-o"], ["compare", "--html"]] {
                    let result = try workspace.run(command + [name])
                    #expect(result.status == 2, "\(command) \(name)")
                    #expect(result.errors.contains("it is not a regular file"), "\(result.errors)")
                }
            }
            #expect(FileFacts(at("pipe").path)?.kind == .pipe)
            #expect(try workspace.run(["report", "-o", "link"]).status == 0)
            #expect(FileFacts(at("link").path)?.kind == .link)
            #expect(exists(at("pages/real.html")))
        }
    }

    @Test func gcRemovesFoldersOfRunsThatAreGoneAndNobodyElses() throws {
        try Workspace.within { workspace in
            let run = try workspace.run()
            let runs = workspace.home.appendingPathComponent("runs")
            let (gone, mixed) = (runID("gone"), runID("mixed"))
            for name in [
                "\(gone)/config.yaml", "\(gone)/checkpoints/step-00000001.safetensors",
                "\(mixed)/config.yaml", "\(mixed)/thesis.odt", "notes/config.yaml",
            ] {
                try AtomicFile.write(Data("12345".utf8), to: runs.appendingPathComponent(name))
            }
            let refused = try workspace.run(["runs", "gc"])
            #expect(refused.status == 2 && refused.errors.contains("(\(gone))"))
            let trial = try workspace.json(
                workspace.run(["runs", "gc", "--orphans", "--dry-run", "--json"]).output)
            #expect(trial["folders"] as? Int == 1 && exists(runs.appendingPathComponent(gone)))
            let result = try workspace.run(["runs", "gc", "--orphans"])
            #expect(result.status == 0 && result.output.contains("1 folder of deleted runs"))
            #expect(result.errors.contains("\(mixed): kept"))
            #expect(try Folder.names(in: runs) == [run.id, mixed, "notes"].sorted())
        }
    }

    /// What runs made is all that is left of a store that was lost, emptied or put back from a copy.
    @Test func gcRemovesNothingBesideALostStore() throws {
        try Workspace.within { workspace in
            let store = workspace.home.appendingPathComponent("runs.sqlite")
            let first = try workspace.run()
            let copy = try Data(contentsOf: store)
            let second = try workspace.run("run", ["--seed", "7"])
            let model = workspace.artifact(try #require(second.artifacts["model"]))
            func expectKept(_ state: String) throws {
                for flags in [[], ["--dry-run"]] {
                    let result = try workspace.run(["runs", "gc"] + flags)
                    #expect(result.status == 2, "\(state): \(result.output)\(result.errors)")
                    #expect(result.errors.contains("--orphans"), "\(state): \(result.errors)")
                }
                #expect(exists(model), "\(state)")
                #expect(
                    exists(workspace.home.appendingPathComponent("runs/\(second.id)")), "\(state)")
            }
            for state in ["older copy", "emptied", "begun anew"] {
                for end in ["", "-wal", "-shm"] {
                    try? FileManager.default.removeItem(atPath: store.path + end)
                }
                if state == "older copy" { try copy.write(to: store) }
                if state == "emptied" { try Data().write(to: store) }
                if state == "begun anew" {
                    _ = try workspace.run([
                        "run", "--job", "inference", "--input",
                        workspace.digits.url.appendingPathComponent("t10k-images-idx3-ubyte").path,
                    ])
                }
                try expectKept(state)
            }
            #expect(try workspace.run(["runs", "gc", "--orphans"]).status == 0)
            #expect(!exists(workspace.home.appendingPathComponent("runs/\(first.id)")))
        }
    }
}
