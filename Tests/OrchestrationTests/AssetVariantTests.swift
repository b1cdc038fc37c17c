import Foundation
import TestSupport
import Testing

@testable import Orchestration

/// An asset that isn't the same on every kind of machine.
@Suite struct AssetVariantTests {
    private struct Text: AssetContent {
        let text: String
        init(_ text: String) { self.text = text }
        init(artifact: Data) throws { text = String(decoding: artifact, as: UTF8.self) }
        func artifact() throws -> Data { Data(text.utf8) }
    }

    /// data → model → report, run on a machine.
    private struct Machine {
        let home: URL
        /// Nil for the program of before there were variants.
        let variant: String?
        var others = AssetVariant.Others.refused
        /// What the run's environment says, by which what was made before variants is told.
        var environment: [String: String] = [:]

        /// - Returns: what the run made, and its notes.
        func run(
            _ name: String, forced: Set<String> = []
        ) throws -> (made: [String], notes: [String]) {
            let id = runID(name)
            let store = try RunStore(home: home)
            let recorder = try store.begin(
                id: id, job: "test", config: [:], environment: environment)
            let assets = try assets()
            let runner = try AssetRunner(assets, store: store, recorder: recorder)
            let graph = try AssetGraph(assets.map(\.definition))
            do {
                _ = try runner.run(AssetSelection("*", in: graph), forced: forced)
                try recorder.finish(.succeeded)
            } catch {
                try recorder.finish(.failed, failure: "\(error)")
                throw error
            }
            let events = try store.events(of: id)
            return (
                events.filter { $0.kind == .assetSucceeded }.compactMap(\.asset),
                events.filter { $0.kind == .note }.compactMap(\.message)
            )
        }

        private func assets() throws -> [AnyAsset] {
            let data = try Asset(
                AssetDefinition("data", codeVersion: "1"), config: [String: String]()
            ) { _ in Made(Text("data")) }
            let (variant, others) = (variant, others)
            let name = variant ?? environment["cpu"] ?? ""
            var ofMachine: (@Sendable (AssetInputs) throws -> AssetVariant)?
            if let variant {
                ofMachine = { inputs in
                    _ = try inputs(data)
                    return AssetVariant(name: variant, others: others) { $0["cpu"] }
                }
            }
            let model = try Asset(
                AssetDefinition("model", from: ["data"], codeVersion: "1"),
                config: ["epochs": "1"],
                variant: ofMachine
            ) { _ in Made(Text("trained on \(name)")) }
            let report = try Asset(
                AssetDefinition("report", from: ["model"], codeVersion: "1"),
                config: [String: String]()
            ) { Made(Text("of: \(try $0(model).text)")) }
            return [AnyAsset(data), AnyAsset(model), AnyAsset(report)]
        }
    }

    @Test func theVariantIsPartOfTheVersion() {
        let asset = AssetDefinition("model", codeVersion: "1")
        let versions = [nil, "a", "b"].map {
            AssetVersion(of: asset, config: "{}", variant: $0, inputs: [:])
        }
        #expect(Set(versions).count == 3)
        #expect(versions[0] == AssetVersion(of: asset, config: "{}", inputs: [:]))
    }

    @Test func anotherVariantIsRefusedTakenOrIgnored() throws {
        try withTemporaryFolder { home in
            #expect(
                try Machine(home: home, variant: "a").run("1").made == ["data", "model", "report"])
            #expect(try Machine(home: home, variant: "a").run("2").made.isEmpty)
            #expect(
                throws: AssetError.otherVariant("model", stored: "a", run: runID("1"), here: "b")
            ) { try Machine(home: home, variant: "b").run("3") }
            let taken = try Machine(home: home, variant: "b", others: .taken).run("4")
            #expect(taken.made.isEmpty)
            #expect(taken.notes == ["built on another kind of CPU (a) than this one (b)"])
            let forced = try Machine(home: home, variant: "b").run("5", forced: ["model"])
            #expect(forced.made == ["model", "report"])
            for (index, variant) in ["a", "b"].enumerated() {
                #expect(try Machine(home: home, variant: variant).run("6\(index)").made.isEmpty)
            }
            let ignored = try Machine(home: home, variant: "c", others: .ignored).run("7")
            #expect(ignored.made == ["model", "report"])
        }
    }

    /// What a store of before variants has is all taken on the machine that made it.
    @Test func whatWasMadeBeforeIsTakenWithAllThatIsMadeOfIt() throws {
        try withTemporaryFolder { home in
            let before = Machine(home: home, variant: nil, environment: ["cpu": "a"])
            #expect(try before.run("1").made == ["data", "model", "report"])
            let after = try Machine(home: home, variant: "a").run("2")
            #expect(after.made.isEmpty && after.notes.isEmpty)
            #expect(throws: AssetError.self) { try Machine(home: home, variant: "b").run("3") }
        }
    }

    /// A run that doesn't say, or that was deleted.
    @Test func whatNobodyRecordedIsTakenWithANote() throws {
        try withTemporaryFolder { home in
            _ = try Machine(home: home, variant: nil).run("1")
            for id in ["2", "3"] {
                let taken = try Machine(home: home, variant: "b").run(id)
                #expect(taken.made.isEmpty)
                #expect(taken.notes == ["which kind of CPU it was built on wasn't recorded"])
            }
            let store = try RunStore(home: home)
            try store.delete(runID("1"))
            #expect(try Machine(home: home, variant: "b").run("4").made.isEmpty)
        }
    }

    /// A damaged artifact is made again, here, whatever else is stored.
    @Test func aDamagedOneOfBeforeIsMadeAgain() throws {
        try withTemporaryFolder { home in
            _ = try Machine(home: home, variant: nil, environment: ["cpu": "a"]).run("1")
            let store = try RunStore(home: home)
            let made = try store.materializations(of: runID("1")).first { $0.asset == "model" }
            try Data("other".utf8).write(
                to: ArtifactStore(home: home).url(of: #require(made?.artifact)))
            #expect(try Machine(home: home, variant: "a").run("2").made.first == "model")
            #expect(try Machine(home: home, variant: "a").run("3").made.isEmpty)
        }
    }
}
