import DurableFiles
import Foundation
import GRDB
import TestSupport

@testable import Orchestration

/// A store with runs, and ways to alter its file as another program would.
struct StoreFixture {
    let home: URL

    var path: String { home.appendingPathComponent(RunStore.fileName).path }

    /// A run with an asset, a metric, a check and a folder.
    @discardableResult
    func makeRun(_ label: String, clock: RunClock = .system) throws -> String {
        let id = runID(label)
        let store = try RunStore(home: home, clock: clock)
        let recorder = try store.begin(
            id: id, job: "full", config: ["seed": "42"], environment: ["threads": "2"],
            tags: ["purpose": "test"])
        let bytes = Data("content of \(label)".utf8)
        _ = try recorder.materialized(
            AssetDefinition("data", codeVersion: "1"), version: AssetVersion(digest: "v\(label)"),
            config: "{}", inputs: [:], artifact: ArtifactStore(home: home).add(bytes),
            bytes: bytes.count, metadata: ["count": .integer(7)], seconds: 1.5)
        try recorder.record([MetricPoint("loss", step: 1, value: 0.5)])
        try recorder.record(
            CheckResult("fine", of: "data", severity: .warning, passed: true, evidence: [:]))
        try write("config.yaml", of: id)
        try write("checkpoints/step-00000001.safetensors", of: id)
        try recorder.finish(.succeeded)
        return id
    }

    private func write(_ name: String, of id: String) throws {
        try AtomicFile.write(
            Data("seed: 42".utf8), to: folder(id).appendingPathComponent(name))
    }

    func folder(_ id: String) -> URL { RunStore.folder(of: id, in: home) }

    func trash(_ id: String) -> URL { home.appendingPathComponent("trash/\(id)") }

    func execute(_ sql: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        try DatabaseQueue(path: path, configuration: configuration).write {
            try $0.execute(sql: sql)
        }
    }

    static func within(_ body: (StoreFixture) throws -> Void) throws {
        try withTemporaryFolder { try body(StoreFixture(home: $0)) }
    }
}
