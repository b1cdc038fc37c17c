import DurableFiles
import Foundation
import Testing

@testable import Registry

@Suite struct DeploymentTests {
    let fixture: RegistryFixture
    init() throws { fixture = try RegistryFixture() }

    // MARK: - Strategies

    @Test func automaticDeploysWhenEveryThresholdIsMet() throws {
        let registry = fixture.open()
        let decision = try registry.deploy(fixture.file("one"))
        #expect(decision.number == 1)
        #expect(decision.outcome == .deployed)
        #expect(decision.gate == .met)
        #expect(decision.strategy == "automatic")
        #expect(decision.reason == "every threshold is met")
        #expect(decision.modelDigest == digest("one"))
        #expect(decision.fileName == "digitcnn_a.safetensors")
        #expect(decision.metrics == good)
        #expect(decision.actor == "tester")
        #expect(decision.previousDeployed == nil)
        #expect(decision.previousLine == AuditLog.noLine)
        #expect(try registry.history() == [decision])
        let deployed = try registry.deployed()
        #expect(deployed.data == Data("one".utf8))
        #expect(try Data(contentsOf: deployed.url) == deployed.data)
        #expect(
            try fixture.files() == [
                "audit.jsonl", "deployed.json", "lock", "models/\(digest("one")).json",
                "models/\(digest("one"))/digitcnn_a.safetensors",
            ])
    }

    @Test func automaticRefusesAndKeepsWhatIsDeployed() throws {
        let registry = fixture.open()
        try registry.deploy(fixture.file("one"))
        let decision = try registry.deploy(fixture.file("two"), ["accuracy": 0.5])
        #expect(decision.outcome == .refused)
        #expect(decision.gate == .notMet)
        #expect(decision.reason == "gate not met: accuracy 0.5 is under 0.9")
        #expect(decision.previousDeployed == digest("one"))
        #expect(try registry.deployed().digest == digest("one"))
        // The refused model is kept: a person may promote it.
        #expect(try registry.list().map(\.digest).contains(digest("two")))
    }

    @Test func aPersonMayPromoteAModelThatTheGateRefused() throws {
        let registry = fixture.open()
        try registry.deploy(fixture.file("two"), ["accuracy": 0.5])
        let decision = try registry.deploy(
            .stored(String(digest("two").prefix(8))), nil,
            strategy: .manual(approver: "anna", reason: "demo"))
        #expect(decision.outcome == .deployed)
        #expect(decision.gate == .notMet)
        #expect(decision.approver == "anna")
        #expect(
            decision.reason
                == "promoted by anna: demo (gate not met: accuracy 0.5 is under 0.9)")
        // The figures come from the model's earlier decision.
        #expect(decision.metrics == ["accuracy": 0.5])
        #expect(decision.checks.map(\.passed) == [false])
        #expect(try registry.deployed().digest == digest("two"))
    }

    @Test func forceBypassesTheGateAndSaysSo() throws {
        let registry = fixture.open()
        let decision = try registry.deploy(
            fixture.file("two"), nil, strategy: .force(reason: "rollback drill"))
        #expect(decision.outcome == .deployed)
        #expect(decision.gate == .bypassed)
        #expect(
            decision.reason == "gate bypassed by force: rollback drill "
                + "(gate not met: accuracy is missing, expected >= 0.9)")
        #expect(decision.checks.count == 1)
        // Its accuracy is unknown, which the next comparison must not take for good.
        let next = try registry.deploy(
            fixture.file("three"),
            gate: DeploymentGate(noWorseThanDeployedTolerance: 0.01, replacesPromoted: true))
        #expect(next.outcome == .refused)
        #expect(
            next.reason
                == "gate not met: the deployed model digitcnn_a.safetensors wasn't measured "
                + "on the same data, so nothing can be compared")
    }

    @Test func noWorseThanDeployedComparesWithTheDeployedModelsFigures() throws {
        let registry = fixture.open()
        let gate = try DeploymentGate(noWorseThanDeployedTolerance: 0)
        let outcomes = try [("one", 0.95), ("two", 0.94), ("three", 0.96), ("four", 0.95)].map {
            try registry.deploy(
                fixture.file($0), ["accuracy": $1], gate: gate
            ).outcome
        }
        #expect(outcomes == [.deployed, .refused, .deployed, .refused])
    }

    @Test func promotionsMustSayWhoAndWhy() throws {
        let registry = fixture.open()
        for (strategy, text) in [
            (DeploymentStrategy.manual(approver: " ", reason: "x"), "manual: the approver"),
            (.manual(approver: "anna", reason: ""), "manual: the reason"),
            (.force(reason: "\n"), "force: the reason"),
        ] {
            let source = try fixture.file("one")
            #expect(
                message {
                    _ = try registry.deploy(
                        source, strategy: strategy)
                } == "strategy \(text) is empty; say it, so that the record can")
        }
        #expect(!FileManager.default.fileExists(atPath: fixture.registryFolder.path))
    }

    // MARK: - Unverifiable files

    @Test(arguments: [
        DeploymentStrategy.automatic, .force(reason: "now"), .manual(approver: "a", reason: "b"),
    ])
    func anUnverifiableFileIsNeverDeployed(_ strategy: DeploymentStrategy) throws {
        let registry = fixture.open()
        try registry.deploy(fixture.file("one"))
        let source = try fixture.file("bad")
        #expect(
            message {
                _ = try registry.deploy(
                    source, strategy: strategy)
            } == "digitcnn_a.safetensors: not deployed: conv1.weight: cut off. "
                + "The attempt is on record; what was deployed before stays in place.")
        let last = try #require(registry.history().last)
        #expect(last.outcome == .failed)
        #expect(last.modelDigest == digest("bad"))
        #expect(last.reason == "conv1.weight: cut off")
        #expect(last.strategy == strategy.name)
        #expect(try registry.deployed().digest == digest("one"))
        #expect(try !fixture.files().contains { $0.contains(digest("bad")) })
        #expect(try registry.verifyAudit() == [])
    }

    @Test func aModelThatStoppedVerifyingIsKeptForItsEarlierDecisions() throws {
        let registry = fixture.open()
        try registry.deploy(fixture.file("one"))
        #expect(throws: RegistryError.self) {
            try registry.deploy(
                .stored("latest"), verify: { _ in throw BadModel() })
        }
        #expect(try registry.deployed().digest == digest("one"))
        #expect(try registry.history().map(\.outcome) == [.deployed, .failed])
    }

    @Test func theVerifierSeesTheStoredCopy() throws {
        let registry = fixture.open()
        var seen: URL?
        _ = try registry.deploy(
            fixture.file("one")
        ) { url in
            seen = url
            // Nothing is decided yet, and the registry can be read.
            let history = try registry.history()
            #expect(history == [])
        }
        #expect(seen == fixture.path("models/\(digest("one"))/digitcnn_a.safetensors"))
    }

    @Test func aVerifierThatAltersTheCopyIsCaught() throws {
        let registry = fixture.open()
        let source = try fixture.file("one")
        #expect(
            message {
                _ = try registry.deploy(
                    source, strategy: .force(reason: "x")
                ) { try Data("two".utf8).write(to: $0) }
            }?.contains("SHA-256 is \(digest("two")), expected \(digest("one"))") == true)
        #expect(throws: RegistryError.self) { try registry.deployed() }
        #expect(try registry.history().map(\.outcome) == [.failed])
    }

    @Test func anAlteredStoredModelIsRefusedEverywhere() throws {
        let registry = fixture.open()
        try registry.deploy(fixture.file("one"))
        let path = fixture.path("models/\(digest("one"))/digitcnn_a.safetensors")
        try Data("onf".utf8).write(to: path)
        let altered =
            "\(path.path): SHA-256 is \(digest("onf")), expected \(digest("one")). "
            + "The file was altered after it was stored. "
            + "Remove it and deploy the original again, or another model."
        #expect(message { _ = try registry.deployed() } == altered)
        #expect(message { _ = try registry.model("latest") } == altered)
        #expect(try registry.verifyAudit() == [AuditProblem(line: nil, what: altered)])
        #expect(
            message { try registry.deploy(.stored("latest")) }
                == "digitcnn_a.safetensors: not deployed: \(altered) The attempt is on record; "
                + "what was deployed before stays in place.")
        let source = try fixture.file("one")
        #expect(message { try registry.deploy(source) }?.contains(altered) == true)
        // The way out that the message names.
        try FileManager.default.removeItem(at: path)
        #expect(message { _ = try registry.deployed() }?.contains("is missing") == true)
        try registry.deploy(source)
        #expect(try registry.deployed().data == Data("one".utf8))
        #expect(try registry.verifyAudit() == [])
    }

    @Test func aDamagedModelIsMendedByItsOwnBytesOnly() throws {
        let registry = fixture.open()
        let source = try fixture.file("one")
        try registry.deploy(source)
        let content = Data("one".utf8)
        #expect(try !registry.mend(with: content))
        let stored = try registry.deployed().url
        for damage in [Data("onE".utf8), nil] {
            if let damage {
                try damage.write(to: stored)
            } else {
                try FileManager.default.removeItem(at: stored)
            }
            #expect(throws: RegistryError.self) { _ = try registry.deployed() }
            #expect(try !registry.mend(with: Data("two".utf8)))
            #expect(throws: RegistryError.self) { _ = try registry.deployed() }
            #expect(try registry.mend(with: content))
            #expect(try registry.deployed().data == Data("one".utf8))
            #expect(try registry.verifyAudit() == [])
        }
    }

    @Test func filesThatCanNotBeReadChangeNothing() throws {
        let registry = fixture.open()
        #expect(throws: FileError.self) {
            try registry.deploy(.file(fixture.folder.appendingPathComponent("none")))
        }
        #expect(
            message { try registry.deploy(.file(fixture.folder)) }?
                .hasSuffix("not a regular file") == true)
        #expect(
            message { try registry.deploy(.file(URL(fileURLWithPath: "/dev/zero"))) }
                == "/dev/zero: can't be read: not a regular file")
        let hidden = try fixture.file("one", name: ".hidden.safetensors")
        #expect(
            message { try registry.deploy(hidden) }
                == ".hidden.safetensors: as a model's file name, expected "
                + "at most 200 bytes without control characters, no dot in front")
        #expect(!FileManager.default.fileExists(atPath: fixture.registryFolder.path))
    }
}
