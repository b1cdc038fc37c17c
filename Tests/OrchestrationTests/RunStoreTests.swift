import DurableFiles
import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing

@testable import Orchestration

@Suite struct RunStoreTests {
    private let asset = AssetDefinition("model", from: ["data"], codeVersion: "2")

    private func begin(_ store: RunStore, _ id: String, at start: Date = Date()) throws
        -> RunRecorder
    {
        try store.begin(
            id: RunID.isValid(id) ? id : runID(id), job: "full", config: ["seed": "42"],
            environment: ["threads": "2"],
            tags: ["purpose": "test"], at: start)
    }

    private func make(
        _ recorder: RunRecorder, _ name: String, _ digest: String,
        from inputs: [String: Materialization] = [:]
    ) throws -> Materialization {
        try recorder.materialized(
            AssetDefinition(name, from: inputs.keys.sorted(), codeVersion: "1"),
            version: AssetVersion(digest: digest), config: "{}", inputs: inputs,
            artifact: SHA256.hexDigest(of: Data(digest.utf8)), bytes: 7,
            metadata: [
                "count": .integer(70_000), "mean": .number(0.5), "name": .text("mnist"),
                "shuffled": .flag(true), "shares": .numbers([0.1, 2.5]), "classes": .texts(["a"]),
            ], seconds: 1.5)
    }

    @Test func whatWasRecordedIsRead() throws {
        try withTemporaryFolder { home in
            let store = try RunStore(home: home)
            let start = Date(timeIntervalSince1970: 1_700_000_000.25)
            let recorder = try begin(store, "a", at: start)
            try recorder.record(.assetStarted, asset: "data")
            let data = try make(recorder, "data", "d1")
            let model = try make(recorder, "model", "m1", from: ["data": data])
            try recorder.record([
                MetricPoint("loss", step: 2, epoch: 1, value: 0.25, at: start),
                MetricPoint("loss", step: 1, epoch: 0, value: 0.5, at: start),
                MetricPoint("accuracy", step: 1, value: .nan, at: start),
                MetricPoint("rate", step: 1, value: .infinity, at: start),
            ])
            let check = CheckResult(
                "finite weights", of: "model", severity: .blocking, passed: true,
                evidence: ["weights": .integer(455_754)])
            try recorder.record(check)
            let deployment = DeploymentRecord(
                model: "m-1", strategy: "automatic", outcome: "deployed", reason: "0.99 ≥ 0.9")
            try recorder.record(deployment)
            #expect(
                try store.run(runID("a")).status == .running && store.run(runID("a")).seconds == nil
            )
            try recorder.finish(.failed, failure: "no luck")

            // By another process.
            let reader = try RunStore(home: home)
            let run = try reader.run(runID("a"))
            #expect(run.job == "full" && run.status == .failed && run.failure == "no luck")
            #expect(run.startedAt == start && run.seconds! > 0)
            #expect(run.config == ["seed": "42"] && run.environment == ["threads": "2"])
            #expect(run.tags == ["purpose": "test"])
            #expect(
                try reader.events(of: runID("a")).map(\.kind) == [
                    .runStarted, .assetStarted, .assetSucceeded, .assetSucceeded, .runFinished,
                ])
            #expect(try reader.events(of: runID("a"))[2].seconds == 1.5)
            #expect(try reader.materializations(of: runID("a")) == [data, model])
            #expect(try reader.inputs(of: model) == ["data": data])
            #expect(
                try reader.metrics(of: runID("a")) == [
                    MetricPoint("accuracy", step: 1, value: .nan, at: start),
                    MetricPoint("loss", step: 1, epoch: 0, value: 0.5, at: start),
                    MetricPoint("loss", step: 2, epoch: 1, value: 0.25, at: start),
                    MetricPoint("rate", step: 1, value: .infinity, at: start),
                ])
            #expect(try reader.checks(of: runID("a")) == [check])
            #expect(try reader.deployments(of: runID("a")) == [deployment])
        }
    }

    @Test func aVersionIsFoundAndReused() throws {
        try withTemporaryFolder { home in
            let store = try RunStore(home: home)
            let first = try begin(store, "first")
            let old = try make(first, "data", "d1")
            let data = try make(first, "data", "d1")
            try first.finish(.succeeded)
            #expect(old.id != data.id)
            #expect(try store.materializations(of: runID("first")) == [data])
            let version = AssetVersion(digest: "d1")
            #expect(try store.materialization(of: "data", version: version) == data)
            #expect(try store.materialization(of: "model", version: version) == nil)
            #expect(
                try store.materialization(of: "data", version: AssetVersion(digest: "d2")) == nil)
            let second = try begin(store, "second")
            try second.reused(data)
            try second.finish(.succeeded)
            #expect(try store.materializations(of: runID("second")) == [data])
            let skip = try store.events(of: runID("second"))[1]
            #expect(skip.kind == .assetSkipped && skip.message == "built by run \(runID("first"))")
        }
    }

    @Test func runsAreFoundByTheStartOfTheirId() throws {
        try withTemporaryFolder { home in
            let store = try RunStore(home: home)
            #expect(throws: StoreError.unknownRun("latest", similar: [])) {
                try store.run("latest")
            }
            let ids = [
                "20261121T101500-aaaaa1", "20261121T101500-aaaaa2", "20261122T101500-bbbbbb",
            ]
            for id in ids { try begin(store, id).finish(.succeeded) }
            #expect(try store.run("20261122").id == ids[2])
            #expect(try store.run(ids[0]).id == ids[0])
            #expect(try store.run("latest").id == ids[2])
            #expect(try store.runs(limit: 2).map(\.id) == [ids[2], ids[1]])
            #expect(throws: StoreError.unknownRun("a2", similar: [ids[1]])) { try store.run("a2") }
            #expect(throws: StoreError.unknownRun("%", similar: [])) { try store.run("%") }
            #expect(throws: StoreError.unknownRun("", similar: [])) { try store.run("") }
            let error = #expect(throws: StoreError.self) { try store.run("2026") }
            #expect(error?.description.contains(ids[0]) == true)
        }
    }

    // MARK: - Ends that nobody wrote down

    @Test func aRunWhoseProcessEndedIsInterrupted() throws {
        try withTemporaryFolder { home in
            let store = try RunStore(home: home)
            var recorder: RunRecorder? = try begin(store, "killed")
            let other = try begin(store, "going on")
            try recorder?.record(.note, message: "the last word")
            // As the system does with a process that ends: the lock is let go.
            recorder = nil
            let next = try RunStore(home: home)
            let run = try next.run(runID("killed"))
            #expect(run.status == .interrupted)
            #expect(run.finishedAt == (try next.events(of: runID("killed")).last!.at))
            #expect(try next.run(runID("going on")).status == .running)
            try other.finish(.succeeded)
            #expect(try RunStore(home: home).run(runID("going on")).status == .succeeded)
            let locks = try FileManager.default.contentsOfDirectory(
                atPath: home.appendingPathComponent("locks").path)
            #expect(locks.isEmpty)
        }
    }

    @Test func anIdIsOneRuns() throws {
        try withTemporaryFolder { home in
            let store = try RunStore(home: home)
            let recorder = try begin(store, "a")
            #expect(throws: StoreError.self) { try begin(store, "a") }
            try recorder.finish(.succeeded)
            #expect(throws: StoreError.self) { try begin(store, "a") }
            #expect(try store.run(runID("a")).status == .succeeded)
        }
    }

    // MARK: - Several at once

    /// Each with a connection of its own, as processes have.
    @Test func manyWriteAtOnceAndNothingIsLost() throws {
        try withTemporaryFolder { home in
            let failures = Mutex<[any Error]>([])
            DispatchQueue.concurrentPerform(iterations: 8) { writer in
                do { try recordRuns(RunStore(home: home), writer: writer) } catch {
                    failures.withLock { $0.append(error) }
                }
            }
            #expect(failures.withLock { $0.map { "\($0)" } } == [])
            let store = try RunStore(home: home)
            let runs = try store.runs()
            #expect(runs.count == 40 && runs.allSatisfy { $0.status == .succeeded })
            for run in runs {
                #expect(try store.metrics(of: run.id).map(\.step) == Array(0..<10))
                #expect(try store.events(of: run.id).count == 12)
            }
        }
    }

    private func recordRuns(_ store: RunStore, writer: Int) throws {
        for round in 0..<5 {
            let recorder = try store.begin(
                id: runID("\(writer)-\(round)"), job: "full", config: [:], environment: [:])
            for step in 0..<10 {
                try recorder.record([MetricPoint("loss", step: step, value: Double(writer))])
                try recorder.record(.note, message: "\(step)")
            }
            try recorder.finish(.succeeded)
        }
    }

    // MARK: - Stores that are none

    @Test func aFileThatIsNoStoreIsLeftAlone() throws {
        try withTemporaryFolder { home in
            let file = home.appendingPathComponent(RunStore.fileName)
            let text = Data(String(repeating: "no database ", count: 400).utf8)
            try text.write(to: file)
            let error = #expect(throws: StoreError.self) { try RunStore(home: home) }
            #expect(error?.description.contains(file.path) == true)
            #expect(error?.description.contains("not a run store") == true)
            #expect(try Data(contentsOf: file) == text)
        }
    }

    @Test func aStoreOfANewerVersionIsLeftAlone() throws {
        try withTemporaryFolder { home in
            _ = try RunStore(home: home)
            let path = home.appendingPathComponent(RunStore.fileName).path
            try DatabaseQueue(path: path).write {
                try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99: telepathy')")
            }
            #expect(throws: StoreError.newer(path: path, migrations: ["99: telepathy"])) {
                try RunStore(home: home)
            }
        }
    }
}
