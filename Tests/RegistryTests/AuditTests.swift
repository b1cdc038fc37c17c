import DurableFiles
import Foundation
import Testing

@testable import Registry

@Suite struct AuditTests {
    let fixture: RegistryFixture
    init() throws { fixture = try RegistryFixture() }

    private func filled() throws -> ModelRegistry {
        let registry = fixture.open()
        try registry.deploy(fixture.file("one"))
        try registry.deploy(fixture.file("two"), ["accuracy": 0.5])
        try registry.deploy(fixture.file("three"))
        return registry
    }

    private func lines() throws -> [String] {
        try fixture.text("audit.jsonl").split(separator: "\n").map(String.init)
    }

    private func write(_ lines: [String]) throws {
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: fixture.path("audit.jsonl"))
    }

    // MARK: - Form

    @Test func theRecordIsJSONLinesChainedByDigest() throws {
        let clock = Clock()
        let registry = ModelRegistry(
            store: LocalModelStore(folder: fixture.registryFolder), actor: "tester", now: clock.now)
        try registry.deploy(fixture.file("one"), ["accuracy": .nan])
        try registry.deploy(fixture.file("two"))
        let lines = try lines()
        let first = try #require(
            JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        #expect(
            Set(first.keys) == [
                "number", "time", "strategy", "model_sha256", "file_name", "metrics", "checks",
                "gate", "outcome", "reason", "actor", "previous_line_sha256", "measurement",
                "model_bytes", "model_added_at",
            ])
        #expect((first["metrics"] as? [String: String]) == ["accuracy": "nan"])
        // Looks at the clock: the addition, then the decision.
        #expect(first["time"] as? String == "2026-11-21T10:17:00.125Z")
        #expect(first["outcome"] as? String == "refused")
        let second = try #require(
            JSONSerialization.jsonObject(with: Data(lines[1].utf8)) as? [String: Any])
        #expect(second["previous_line_sha256"] as? String == digest(lines[0]))
        let pointer = try RegistryJSON.decode(
            DeployedPointer.self, Data(fixture.text("deployed.json").utf8), key: "deployed.json")
        #expect(pointer.recordCount == 2 && pointer.lastLine == digest(lines[1]))
        #expect(pointer.modelDigest == digest("two"))
    }

    @Test func timesSurviveTheRoundTrip() throws {
        for step in 0..<1_000 {
            let date = RegistryJSON.rounded(
                Date(timeIntervalSince1970: 1_795_256_100 + Double(step) * 0.001_037))
            let text = try RegistryJSON.encode([date])
            #expect(try RegistryJSON.decode([Date].self, text, key: "t") == [date])
        }
    }

    // MARK: - Changes from outside

    @Test(arguments: [0, 1, 2])
    func anEditedLineIsDetected(_ line: Int) throws {
        let registry = try filled()
        var lines = try lines()
        let before = digest(lines[line])
        lines[line] = lines[line].replacingOccurrences(
            of: "\"accuracy\":0.", with: "\"accuracy\":1.")
        let after = digest(lines[line])
        #expect(before != after)
        try write(lines)
        let expected =
            line < 2
            ? AuditProblem(
                line: line + 2,
                what: "says that the SHA-256 of the line before it is \(before), it is \(after)")
            : AuditProblem(line: 3, what: "its SHA-256 is \(after), deployed.json says \(before)")
        #expect(try registry.verifyAudit() == [expected])
        let damaged =
            "\(fixture.registryFolder.path): the registry was changed from outside: "
            + "\(expected). Restore it from a backup; until then nothing is deployed."
        #expect(message { _ = try registry.deployed() } == damaged)
        #expect(message { _ = try registry.list() } == damaged)
        let source = try fixture.file("four")
        #expect(message { try registry.deploy(source) } == damaged)
        // Nothing was mended or added.
        #expect(try self.lines() == lines)
        #expect(try !fixture.files().contains { $0.contains(digest("four")) })
    }

    @Test func removedLinesAreDetected() throws {
        let registry = try filled()
        let lines = try lines()
        try write(Array(lines.dropLast()))
        #expect(
            try registry.verifyAudit().map(\.description) == [
                "deployed.json counts 3 decisions, the record has 2"
            ])
        try write(Array(lines.dropFirst()))
        #expect(
            try registry.verifyAudit().map(\.description).contains("line 1: has the number 2"))
        try write([lines[0], lines[2]])
        #expect(
            try registry.verifyAudit().map(\.description).contains("line 2: has the number 3"))
        try FileManager.default.removeItem(at: fixture.path("audit.jsonl"))
        #expect(
            try registry.verifyAudit().map(\.description).first
                == "deployed.json counts 3 decisions, the record has 0")
        #expect(throws: RegistryError.self) { try registry.deployed() }
    }

    @Test func linesThatAreNoDecisionsAreDetected() throws {
        let registry = try filled()
        var lines = try lines()
        lines[1] = "{\"number\":2}"
        try write(lines)
        let problems = try registry.verifyAudit().map(\.description)
        #expect(problems[0] == "line 2: audit.jsonl: can't be read: the field time is missing")
        #expect(
            problems.last?.hasPrefix("line 3: says that the SHA-256 of the line before it is")
                == true)
        lines[1] = "no JSON"
        try write(lines)
        #expect(
            try registry.verifyAudit()[0].description.hasPrefix(
                "line 2: audit.jsonl: can't be read"))
    }

    @Test func aPointerThatDisagreesIsDetected() throws {
        let registry = try filled()
        let text = try fixture.text("deployed.json")
        let path = fixture.path("deployed.json")
        try Data(text.replacingOccurrences(of: digest("three"), with: digest("two")).utf8)
            .write(to: path)
        #expect(
            try registry.verifyAudit().map(\.description) == [
                "deployed.json points to \(digest("two")), the record to \(digest("three"))"
            ])
        try Data("{".utf8).write(to: path)
        #expect(
            try registry.verifyAudit()[0].description.hasPrefix("deployed.json: can't be read"))
        try FileManager.default.removeItem(at: path)
        #expect(try registry.verifyAudit().map(\.description) == ["deployed.json is missing"])
        #expect(throws: RegistryError.self) { try registry.deployed() }
    }
}
