import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import Orchestration

@Suite struct DamagedStoreTests {
    private func damage(_ body: () throws -> Void) -> (row: String, column: String, text: String)? {
        do { try body() } catch let error as StoreError {
            if case .damaged(_, _, let row, let column, _) = error {
                return (row, column, "\(error)")
            }
            Issue.record(error)
        } catch { Issue.record(error) }
        return nil
    }

    /// Each column of each table that holds JSON, or a name of a list.
    @Test func whatWasAlteredIsNamed() throws {
        for (table, column, value) in [
            ("run", "config", "{"), ("run", "environment", "[1]"), ("run", "tags", "no"),
            ("run", "status", "asleep"), ("run", "started_at", "1e300"),
            ("run", "finished_at", "-1e300"), ("event", "kind", "party"), ("event", "at", "1e300"),
            ("materialization", "metadata", "{\"a\":"), ("materialization", "metadata", "[]"),
            ("materialization", "artifact", "../../../etc/passwd"),
            ("materialization", "asset", "../model"),
            ("materialization", "metadata", "{\"model_file\":\"../../x\"}"),
            ("materialization", "metadata", "{\"file\":\"/etc/passwd\"}"),
            ("check_result", "evidence", "{"), ("check_result", "severity", "mild"),
        ] {
            try StoreFixture.within { fixture in
                let run = try fixture.makeRun("a")
                try fixture.execute("UPDATE \(table) SET \(column) = '\(value)'")
                let store = try RunStore(home: fixture.home)
                let found = damage { _ = try store.details(of: store.run(run)) }
                let text = found?.text ?? ""
                #expect(found?.column == column, "\(table).\(column) = \(value)")
                #expect(text.hasPrefix(fixture.path) && text.contains("table \(table), "))
                #expect(text.contains(run) && text.contains("tessera runs delete"), "\(text)")
            }
        }
    }

    @Test func aNameThatIsNoRunsReachesNothing() throws {
        for id in ["../../outside", "..", "", "/tmp/x", "notes", "20261121T101500-3F9A1C"] {
            try StoreFixture.within { fixture in
                let outside = fixture.home.appendingPathComponent("outside")
                try Folder.make(outside)
                try fixture.makeRun("a")
                try fixture.execute("UPDATE run SET id = '\(id)'; UPDATE event SET run = '\(id)'")
                let store = try RunStore(home: fixture.home)
                for found in [
                    damage { _ = try store.runs() }, damage { _ = try store.run("latest") },
                    damage { _ = try store.clean() },
                ] {
                    #expect(found?.column == "id" && found?.row == "row 1", "\(id)")
                    #expect(found?.text.contains("DELETE FROM run WHERE rowid = 1") == true)
                }
                #expect(throws: StoreError.self) { try store.delete(id) }
                #expect(FileFacts(outside.path)?.kind == .folder)
                // Nor is a lock made where a running one's would be.
                try fixture.execute("UPDATE run SET status = 'running'")
                _ = try RunStore(home: fixture.home)
                #expect(try Folder.names(in: fixture.home.appendingPathComponent("locks")) == [])
            }
        }
    }

    @Test func aDamagedRunHidesNoOther() throws {
        try StoreFixture.within { fixture in
            let ids = try ["a", "b", "c"].map { try fixture.makeRun($0) }
            try fixture.execute("UPDATE run SET config = '{' WHERE id = '\(ids[1])'")
            let store = try RunStore(home: fixture.home)
            let (runs, damage) = try store.readableRuns()
            #expect(runs.map(\.id) == [ids[2], ids[0]])
            #expect(try store.runIDs() == ids.reversed())
            #expect(damage.count == 1 && "\(damage)".contains(ids[1]))
            #expect(try store.run("latest").id == ids[2])
            // And can be got rid of.
            try store.delete(store.id(ids[1]))
            #expect(try store.runs().map(\.id) == [ids[2], ids[0]])
        }
    }

    @Test func anArtifactOfAnotherFormIsNamed() throws {
        try withTemporaryFolder { home in
            let artifacts = ArtifactStore(home: home)
            let digest = try artifacts.add(Data(#"{"a": "x"}"#.utf8))
            let error = #expect(throws: ArtifactError.self) {
                try artifacts.read(digest) { try JSONText.decode([String: Int].self, of: $0) }
            }
            #expect("\(try #require(error))".hasPrefix("\(artifacts.url(of: digest).path): "))
        }
    }

    @Test func anIdThatIsNoneBeginsNoRun() throws {
        try withTemporaryFolder { home in
            let store = try RunStore(home: home)
            #expect(throws: StoreError.notARunID("../x")) {
                try store.begin(id: "../x", job: "full", config: [:], environment: [:])
            }
        }
    }
}

extension JSONText {
    fileprivate static func decode<Value: Decodable>(
        _ type: Value.Type, of data: Data
    ) throws -> Value { try decode(type, String(decoding: data, as: UTF8.self)) }
}
