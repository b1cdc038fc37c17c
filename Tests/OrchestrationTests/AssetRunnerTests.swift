import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Orchestration

/// A text, as an asset.
private struct Note: AssetContent, Equatable {
    let text: String

    init(_ text: String) { self.text = text }
    init(artifact: Data) throws { text = String(decoding: artifact, as: UTF8.self) }
    func artifact() throws -> Data { Data(text.utf8) }
}

/// words → count, words → loud, (count, loud) → report.
private final class Project {
    let home: URL
    /// Where the words come from.
    var words = "one two"
    var suffix = "!"
    var loudVersion = "1"
    var countPasses = true
    /// Why what is made of `loud` may be otherwise the next time.
    var provisional: String?
    /// What the function of `report` adds each time, to be another artifact of the same version.
    var dice = ""
    private var runs = 0

    init(_ home: URL) { self.home = home }

    func assets() throws -> [AnyAsset] {
        let (text, suffix, passes, dice) = (words, suffix, countPasses, dice)
        let provisional = provisional
        let words = try Asset(
            AssetDefinition("words", codeVersion: "1"), config: [String: String](),
            source: { text }
        ) { _ in Made(Note(text), metadata: ["length": .integer(text.count)]) }
        let count = try Asset(
            AssetDefinition("count", from: ["words"], codeVersion: "1"),
            config: [String: String]()
        ) { inputs in
            let count = try inputs(words).text.split(separator: " ").count
            return Made(
                Note("\(count)"),
                checks: [
                    CheckResult(
                        "few", of: "count", severity: .blocking, passed: passes,
                        evidence: ["count": .integer(count), "most": .integer(5)]),
                    CheckResult(
                        "even", of: "count", severity: .warning, passed: count % 2 == 0,
                        evidence: [:]),
                ])
        }
        let loud = try Asset(
            AssetDefinition("loud", from: ["words"], codeVersion: loudVersion),
            config: ["suffix": suffix]
        ) { inputs in
            Made(
                Note(try inputs(words).text.uppercased() + suffix + dice), provisional: provisional)
        }
        let report = try Asset(
            AssetDefinition("report", from: ["count", "loud"], codeVersion: "1"),
            config: [String: String]()
        ) { Made(Note("\(try $0(count).text): \(try $0(loud).text)")) }
        return [AnyAsset(words), AnyAsset(count), AnyAsset(loud), AnyAsset(report)]
    }

    /// - Returns: the assets that were made, those that were reused, and the run's id.
    @discardableResult
    func run(
        _ selection: String = "*", forced: Set<String> = []
    ) throws -> (made: [String], reused: [String], id: String) {
        runs += 1
        let store = try RunStore(home: home)
        let recorder = try store.begin(
            id: runID("run-\(runs)"), job: "test", config: [:], environment: [:])
        let assets = try assets()
        let runner = try AssetRunner(assets, store: store, recorder: recorder)
        let graph = try AssetGraph(assets.map(\.definition))
        do {
            _ = try runner.run(AssetSelection(selection, in: graph), forced: forced)
            try recorder.finish(.succeeded)
        } catch {
            try recorder.finish(.failed, failure: "\(error)")
            throw error
        }
        let events = try store.events(of: recorder.id)
        return (
            events.filter { $0.kind == .assetSucceeded }.compactMap(\.asset),
            events.filter { $0.kind == .assetSkipped }.compactMap(\.asset), recorder.id
        )
    }

    func content(_ asset: String, of run: String) throws -> String {
        let store = try RunStore(home: home)
        let found = try store.materializations(of: run).first { $0.asset == asset }
        let bytes = try ArtifactStore(home: home).read(#require(found).artifact)
        return String(decoding: bytes, as: UTF8.self)
    }

    func artifact(_ asset: String) throws -> URL {
        let store = try RunStore(home: home)
        let found = try store.materializations(of: runID("run-1")).first { $0.asset == asset }
        return ArtifactStore(home: home).url(of: try #require(found).artifact)
    }
}

@Suite struct AssetRunnerTests {
    private let all = ["words", "count", "loud", "report"]

    /// What its version doesn't tell may have changed.
    @Test func whatIsProvisionalIsMadeAgain() throws {
        try withTemporaryFolder { home in
            let project = Project(home)
            project.provisional = "a file couldn't be read"
            let first = try project.run()
            #expect(first.made == all)
            project.provisional = nil
            let (second, third) = (try project.run(), try project.run())
            #expect(second.made == ["loud"] && third.made.isEmpty)
        }
    }

    @Test func nothingIsMadeTwice() throws {
        try withTemporaryFolder { home in
            let project = Project(home)
            let first = try project.run()
            #expect(first.made == all && first.reused.isEmpty)
            #expect(try project.content("report", of: first.id) == "2: ONE TWO!")
            let second = try project.run()
            #expect(second.made.isEmpty && second.reused == all)
            #expect(try project.content("report", of: second.id) == "2: ONE TWO!")
        }
    }

    /// Data, one config key, one code version: what is below is made again, and nothing else; and
    /// what was there before is there still.
    @Test func whatIsBelowAChangeIsMadeAgain() throws {
        try withTemporaryFolder { home in
            let project = Project(home)
            try project.run()
            project.suffix = "?"
            var next = try project.run()
            #expect(next.made == ["loud", "report"] && next.reused == ["words", "count"])
            #expect(try project.content("report", of: next.id) == "2: ONE TWO?")
            project.loudVersion = "2"
            next = try project.run()
            // Its content came out the same, but its version didn't.
            #expect(next.made == ["loud", "report"])
            project.words = "three"
            #expect(try project.run().made == all)
            (project.words, project.suffix, project.loudVersion) = ("one two", "!", "1")
            next = try project.run()
            #expect(next.made.isEmpty)
            #expect(try project.content("report", of: next.id) == "2: ONE TWO!")
        }
    }

    @Test func aForcedAssetIsMadeAgain() throws {
        try withTemporaryFolder { home in
            let project = Project(home)
            try project.run()
            var next = try project.run(forced: ["loud"])
            // The same bytes came out: what is below still holds.
            #expect(next.made == ["loud"] && next.reused == ["words", "count", "report"])
            project.dice = " 6"
            next = try project.run(forced: ["loud"])
            #expect(next.made == ["loud", "report"])
            #expect(try project.content("report", of: next.id) == "2: ONE TWO! 6")
        }
    }

    @Test func aSelectionNeedsWhatItIsMadeFrom() throws {
        try withTemporaryFolder { home in
            let project = Project(home)
            #expect(throws: AssetError.notMade("words")) { try project.run("loud") }
            #expect(try project.run("+loud").made == ["words", "loud"])
            #expect(throws: AssetError.notMade("count")) { try project.run("report") }
            #expect(try project.run("count").made == ["count"])
            let report = try project.run("report")
            #expect(report.made == ["report"] && report.reused == ["words", "count", "loud"])
            #expect(try project.run("words+").made.isEmpty)
        }
    }

    @Test(arguments: ["words", "count", "loud", "report"])
    func aDamagedArtifactIsNamedAndMadeAgain(name: String) throws {
        try withTemporaryFolder { home in
            let project = Project(home)
            try project.run()
            let file = try project.artifact(name)
            let bytes = try Data(contentsOf: file)
            var changed = bytes
            changed[0] ^= 1
            try changed.write(to: file)
            let next = try project.run()
            // It came out the same, so that what is below holds.
            #expect(next.made == [name])
            #expect(try Data(contentsOf: file) == bytes)
            let notes = try RunStore(home: home).events(of: next.id).filter { $0.kind == .note }
            #expect(notes.map(\.asset) == [name])
            #expect(notes.map(\.message) == ["its artifact is damaged and will be built again"])
        }
    }

    @Test func aBlockingCheckEndsTheRun() throws {
        try withTemporaryFolder { home in
            let project = Project(home)
            (project.words, project.countPasses) = ("one two three", false)
            let error = #expect(throws: AssetError.self) { try project.run("+report") }
            #expect(error?.description == "count: few failed (count 3, most 5)")
            let store = try RunStore(home: home)
            let run = try store.run("latest")
            #expect(run.status == .failed && run.failure == error?.description)
            let checks = try store.checks(of: run.id)
            #expect(checks.map(\.name) == ["few", "even"] && checks.allSatisfy { !$0.passed })
            #expect(try store.events(of: run.id).contains { $0.kind == .assetFailed })
            // What failed isn't kept; a warning ends nothing.
            project.countPasses = true
            let next = try project.run("+report")
            #expect(next.made == ["count", "loud", "report"] && next.reused == ["words"])
        }
    }
}
