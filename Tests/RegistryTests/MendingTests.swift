import DurableFiles
import Foundation
import Testing

@testable import Registry

/// What crashes and hands do to a registry: nothing that the record names is ever removed, reading
/// changes nothing, and what is doubtful is set aside.
@Suite struct MendingTests {
    let fixture: RegistryFixture
    init() throws { fixture = try RegistryFixture() }

    private func filled() throws -> ModelRegistry {
        let registry = fixture.open()
        try registry.deploy(fixture.file("one"))
        try registry.deploy(fixture.file("two"), ["accuracy": 0.5])
        try registry.deploy(fixture.file("three"))
        return registry
    }

    /// Every file with its content.
    private func contents() throws -> [String: Data] {
        try Dictionary(
            uniqueKeysWithValues: fixture.files().map {
                ($0, try Data(contentsOf: fixture.path($0)))
            })
    }

    private func entryKey(_ content: String) -> String { "models/\(digest(content)).json" }

    // MARK: - Entries

    @Test(arguments: [nil, "", "{", "{\"sha256\": \"1\"}", "null"])
    func aLostOrDamagedEntryOfTheDeployedModelLosesNothing(_ text: String?) throws {
        let registry = try filled()
        let original = try fixture.text(entryKey("three"))
        let path = fixture.path(entryKey("three"))
        if let text {
            try Data(text.utf8).write(to: path)
        } else {
            try FileManager.default.removeItem(at: path)
        }
        let before = try contents()
        // Reading, verifying included, gives the model and changes nothing.
        #expect(try registry.deployed().data == Data("three".utf8))
        #expect(try registry.list().count == 3)
        #expect(try registry.resolve("deployed").digest == digest("three"))
        let problems = try registry.verifyAudit().map(\.description)
        #expect(
            problems.last == "\(entryKey("three")) is missing or damaged; the next deployment "
                + "writes it again")
        #expect(problems.count == (text == nil ? 1 : 2))
        #expect(try registry.leftovers() == [])
        #expect(try contents() == before)
        // The next deployment writes it again, byte by byte, and keeps the damaged one.
        let notices = try registry.deployed(fixture.file("four")).notices
        #expect(notices.last == .entryRestored(key: entryKey("three")))
        #expect(try fixture.text(entryKey("three")) == original)
        if let text { #expect(try fixture.text("set-aside/\(entryKey("three"))") == text) }
        #expect(try registry.verifyAudit() == [])
    }

    @Test(arguments: [
        ("bytes\":5", "bytes\":6", "says that the model has 6 bytes, it has 5"),
        ("\"added_at\":\"2", "\"added_at\":\"1", "says that the model was added at 1"),
    ])
    func anAlteredEntryIsTold(_ from: String, _ to: String, _ problem: String) throws {
        let registry = try filled()
        let text = try fixture.text(entryKey("three"))
        let altered = text.replacingOccurrences(of: from, with: to)
        #expect(altered != text)
        try Data(altered.utf8).write(to: fixture.path(entryKey("three")))
        let problems = try registry.verifyAudit().map(\.description)
        #expect(problems.count == 1)
        #expect(problems.first?.contains("\(entryKey("three")): \(problem)") == true)
    }

    @Test func anEntryOfAnotherModelOrPathIsTold() throws {
        let registry = try filled()
        let key = entryKey("one")
        let text = try fixture.text(key)
        for (from, to, reason) in [
            (digest("one"), digest("two"), "it is of \(digest("two"))"),
            ("digitcnn_a.safetensors", "../../in", "../../in is no file's name"),
        ] {
            try Data(text.replacingOccurrences(of: from, with: to).utf8)
                .write(to: fixture.path(key))
            #expect(
                try registry.verifyAudit().map(\.description) == [
                    "\(key): can't be read: \(reason)",
                    "\(key) is missing or damaged; the next deployment writes it again",
                ])
        }
    }

    @Test func aModelThatIsGoneIsTold() throws {
        let registry = try filled()
        for name in ["one", "three"] {
            try FileManager.default.removeItem(at: fixture.path(entryKey(name)))
            try FileManager.default.removeItem(at: fixture.path("models/\(digest(name))"))
        }
        #expect(
            try registry.verifyAudit().map(\.description) == [
                "line 3: the deployed model \(digest("three")) is not in the store",
                "line 1: the model \(digest("one")) is not in the store",
            ])
        #expect(message { _ = try registry.deployed() }?.contains("is missing") == true)
    }

    @Test func recordAndPointerRemovedTogetherAreTold() throws {
        for count in 1...2 {
            let fixture = try RegistryFixture()
            let registry = fixture.open()
            for name in ["one", "two"].prefix(count) { try registry.deploy(fixture.file(name)) }
            for name in ["audit.jsonl", "deployed.json"] {
                try FileManager.default.removeItem(at: fixture.path(name))
            }
            let expected =
                "audit.jsonl and deployed.json are missing, though models are stored"
            #expect(try registry.verifyAudit().map(\.description) == [expected])
            #expect(message { _ = try registry.deployed() }?.contains(expected) == true)
            let next = try fixture.file("three")
            #expect(message { try registry.deploy(next) }?.contains(expected) == true)
        }
    }

    // MARK: - Crashes

    @Test func anUnfinishedLastLineIsSetAsideByTheNextDeployment() throws {
        let registry = try filled()
        let before = try registry.history()
        let handle = try FileHandle(forWritingTo: fixture.path("audit.jsonl"))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("{\"actor\":\"te".utf8))
        try handle.close()
        // Readers see the finished lines.
        let files = try contents()
        #expect(try registry.history() == before)
        #expect(
            try registry.leftovers() == [
                "audit.jsonl ends in 12 bytes of a line that was never finished"
            ])
        #expect(try registry.verifyAudit() == [])
        #expect(try contents() == files)
        let notices = try registry.deployed(fixture.file("four")).notices
        #expect(
            notices == [.partialLineRemoved(byteCount: 12, keptAs: "audit-partial-after-line-3")])
        #expect(
            notices[0].description
                == "the record of decisions ended in 12 bytes of an unfinished line; they were "
                + "moved to audit-partial-after-line-3, every finished line is in place")
        #expect(try fixture.text("audit-partial-after-line-3") == "{\"actor\":\"te")
        #expect(try registry.history().count == 4)
        #expect(try registry.verifyAudit() == [])
    }

    @Test func aPointerLeftBehindIsRenewedByTheNextDeployment() throws {
        let registry = fixture.open()
        try registry.deploy(fixture.file("one"))
        let old = try Data(contentsOf: fixture.path("deployed.json"))
        try registry.deploy(fixture.file("two"))
        try old.write(to: fixture.path("deployed.json"))
        // What counts is the record, before and after the pointer is mended.
        #expect(try registry.deployed().digest == digest("two"))
        #expect(try Data(contentsOf: fixture.path("deployed.json")) == old)
        #expect(try registry.leftovers() == ["deployed.json is older than the record"])
        let notices = try registry.deployed(fixture.file("three")).notices
        #expect(notices == [.pointerRenewed(deployed: digest("two"))])
        #expect(try fixture.text("deployed.json").contains(digest("three")))
        #expect(try registry.verifyAudit() == [])
    }

    @Test func thePointerOfTheVeryFirstDecisionMayBeMissing() throws {
        try fixture.open().deploy(fixture.file("one"))
        try FileManager.default.removeItem(at: fixture.path("deployed.json"))
        #expect(try fixture.open().deployed().digest == digest("one"))
        #expect(try fixture.open().verifyAudit() == [])
    }

    @Test func whatBelongsToNoModelIsSetAside() throws {
        let registry = try filled()
        let orphan = "models/\(digest("four"))/m.safetensors"
        try AtomicFile.write(Data("fo".utf8), to: fixture.path(orphan))
        let stranger = fixture.path(".notes.tmp")
        try Data("mine".utf8).write(to: stranger)
        let reason = "no model's entry names it, nor the record"
        #expect(try registry.leftovers() == ["\(orphan): \(reason)"])
        #expect(try registry.verifyAudit() == [])
        #expect(try registry.list().count == 3)
        let notices = try registry.deployed(fixture.file("five")).notices
        #expect(
            notices == [.setAside(key: orphan, reason: reason, keptAs: "set-aside/\(orphan)")])
        #expect(try fixture.text("set-aside/\(orphan)") == "fo")
        #expect(FileManager.default.fileExists(atPath: stranger.path))
        #expect(try registry.leftovers() == [])
    }

    @Test func aCopyWithoutAnEntryIsTakenByTheNextTryOfTheSameModel() throws {
        let registry = try filled()
        try AtomicFile.write(
            Data("four".utf8), to: fixture.path("models/\(digest("four"))/digitcnn_a.safetensors"))
        #expect(try registry.deployed(fixture.file("four")).notices == [])
        #expect(try registry.deployed().digest == digest("four"))
    }

    /// An entry that was written although the call failed goes before the content that it names.
    @Test func anAdditionThatFailedLeavesNoEntryWithoutContent() throws {
        let registry = try filled()
        let before = try contents()
        let store = UnsyncedFolderStore(base: LocalModelStore(folder: fixture.registryFolder))
        let source = try fixture.file("four")
        #expect(message { try ModelRegistry(store: store).deploy(source) } != nil)
        #expect(try registry.verifyAudit() == [])
        #expect(Set(try contents().keys) == Set(before.keys))
        try registry.deploy(source)
        #expect(try registry.deployed().digest == digest("four"))
    }

    @Test func aDamagedEntryThatNothingNamesIsSetAsideForANewOne() throws {
        let registry = try filled()
        try Data("{".utf8).write(to: fixture.path(entryKey("four")))
        let notices = try registry.deployed(fixture.file("four")).notices
        #expect(notices.count == 1 && notices[0].description.contains("was set aside"))
        #expect(try registry.deployed().digest == digest("four"))
        #expect(try registry.verifyAudit() == [])
    }

    /// Puts entries, then says that it failed, as where the folder can't be synced.
    private struct UnsyncedFolderStore: ForwardingStore {
        let base: LocalModelStore
        func put(_ data: Data, at key: String, condition: PutCondition) throws {
            try base.put(data, at: key, condition: condition)
            if key.hasSuffix(".json"), key.hasPrefix("models/") { throw BadModel() }
        }
    }
}
