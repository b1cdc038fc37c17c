import DurableFiles
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Orchestration

@Suite struct DeletionTests {
    private func exists(_ url: URL) -> Bool { FileFacts(url.path) != nil }

    @Test func aRunGoesWithItsFolder() throws {
        try StoreFixture.within { fixture in
            let (first, second) = (try fixture.makeRun("a"), try fixture.makeRun("b"))
            let store = try RunStore(home: fixture.home)
            try store.delete(first)
            #expect(try store.runs().map(\.id) == [second])
            #expect(!exists(fixture.folder(first)) && !exists(fixture.trash(first)))
            #expect(exists(fixture.folder(second)))
            #expect(throws: StoreError.unknownRun(first, similar: [])) { try store.delete(first) }
        }
    }

    /// The transaction fails at its very end, after the folder was moved aside.
    @Test func aDeletionThatFailsLeavesTheRunWhole() throws {
        try StoreFixture.within { fixture in
            let run = try fixture.makeRun("a")
            try fixture.execute(
                """
                CREATE TABLE holder (run TEXT REFERENCES run (id) DEFERRABLE INITIALLY DEFERRED);
                INSERT INTO holder VALUES ('\(run)')
                """)
            let store = try RunStore(home: fixture.home)
            #expect(throws: StoreError.self) { try store.delete(run) }
            #expect(try store.run(run).status == .succeeded)
            #expect(
                try Folder.names(in: fixture.folder(run)) == ["checkpoints", "config.yaml"])
            #expect(!exists(fixture.trash(run)))
            try fixture.execute("DROP TABLE holder")
            try store.delete(run)
            #expect(!exists(fixture.folder(run)))
        }
    }

    /// What a process leaves that is killed before its transaction ends.
    @Test func aRunThatStillHasItsRecordGetsItsFolderBack() throws {
        try StoreFixture.within { fixture in
            let run = try fixture.makeRun("a")
            try Folder.make(fixture.home.appendingPathComponent("trash"))
            rename(fixture.folder(run).path, fixture.trash(run).path)
            _ = try RunStore(home: fixture.home)
            #expect(
                try Folder.names(in: fixture.folder(run)) == ["checkpoints", "config.yaml"])
            #expect(!exists(fixture.trash(run)))
        }
    }

    /// What a process leaves that is killed while it removes the folder.
    @Test func whatIsLeftOfADeletedRunIsCleared() throws {
        try StoreFixture.within { fixture in
            let (first, second) = (try fixture.makeRun("a"), try fixture.makeRun("b"))
            for run in [first, second] {
                try fixture.execute("DELETE FROM run WHERE id = '\(run)'")
                try Folder.make(fixture.home.appendingPathComponent("trash"))
                rename(fixture.folder(run).path, fixture.trash(run).path)
                // The next start clears it, but for one that finds the store in use.
                let lock = run == second ? try FileLock(lockFile(fixture)) : nil
                _ = try RunStore(home: fixture.home)
                #expect(exists(fixture.trash(run)) == (run == second))
                lock?.unlock()
            }
            let users = fixture.home.appendingPathComponent("trash/notes")
            try AtomicFile.write(Data(), to: users)
            let cleaning = try RunStore(copyOf: fixture.home).clean(isTrial: true)
            #expect(cleaning.folders == 1 && exists(fixture.trash(second)))
            #expect(try RunStore(copyOf: fixture.home).clean().folders == 1)
            #expect(!exists(fixture.trash(second)) && exists(users))
        }
    }

    private func lockFile(_ fixture: StoreFixture) -> URL {
        fixture.home.appendingPathComponent("runs.lock")
    }

    @Test func aFolderThatCanNotBeRemovedIsSaidToBeLeft() throws {
        try StoreFixture.within { fixture in
            let run = try fixture.makeRun("a")
            let store = try RunStore(home: fixture.home)
            let below = fixture.folder(run).appendingPathComponent("checkpoints")
            chmod(below.path, 0o500)
            let names = try FileManager.default.subpathsOfDirectory(atPath: fixture.home.path)
            for name in names {
                chown(fixture.home.appendingPathComponent(name).path, 65534, 65534)
            }
            let error = asOrdinaryUser(owning: fixture.home) {
                #expect(throws: StoreError.self) { try store.delete(run) }
            }
            let text = "\(try #require(error))"
            #expect(text.hasPrefix("run \(run) was deleted, but not all of its files: "))
            #expect(text.contains("Permission denied") && !text.contains("othing was changed"))
            #expect(try store.runs().isEmpty)
            #expect(!exists(fixture.folder(run)) && exists(fixture.trash(run)))
            #expect(try store.clean().folders == 1)
            #expect(!exists(fixture.trash(run)))
        }
    }

    // MARK: - Cleaning

    @Test func cleaningCountsWhatKilledProcessesLeftAndSparesOtherFiles() throws {
        try StoreFixture.within { fixture in
            let run = try fixture.makeRun("a")
            func make(_ name: String) throws -> URL {
                let url = fixture.home.appendingPathComponent(name)
                try Folder.make(url.deletingLastPathComponent())
                try Data("12345".utf8).write(to: url)
                return url
            }
            let left = try [
                "runs/\(run)/checkpoints/.step-00000002.safetensors.12.345.tmp",
                "artifacts/ab/.cd.1.2.tmp", ".page.html.1.2.tmp",
            ].map(make)
            let others = try [
                "artifacts/notes.txt", "artifacts/ab/notes.txt", "mine/.page.html.1.2.tmp",
            ].map(make)
            let store = try RunStore(home: fixture.home)
            let trial = try store.clean(isTrial: true)
            #expect(trial.temporaries == 3 && trial.bytes == 15 && trial.artifacts == 0)
            #expect(try store.clean() == trial)
            #expect(!left.contains(where: exists) && others.allSatisfy(exists))
        }
    }
}
