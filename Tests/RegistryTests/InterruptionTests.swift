import DurableFiles
import Foundation
import Glibc
import Testing

@testable import Registry

/// Processes that die, disks that are full, and writers that come together.
@Suite struct InterruptionTests {
    let fixture: RegistryFixture
    init() throws { fixture = try RegistryFixture() }

    @Test func aKillBetweenCopyAndRecordLeavesAConsistentStore() async throws {
        try fixture.open().deploy(fixture.file("one"))
        let folder = fixture.folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
            let root = URL(fileURLWithPath: folder)
            let registry = ModelRegistry(folder: root.appendingPathComponent("registry"))
            let file = try makeModelFile("two", "two.safetensors", in: root)
            try registry.deploy(.file(file), strategy: .force(reason: "test")) { _ in
                kill(getpid(), SIGKILL)
            }
        }
        let registry = fixture.open()
        #expect(try registry.history().map(\.modelDigest) == [digest("one")])
        #expect(try registry.deployed().digest == digest("one"))
        #expect(try registry.verifyAudit() == [])
        // The whole copy is there, undecided; its deployment can be tried again.
        #expect(try registry.resolve("two.safetensors").decisions == [])
        try registry.deploy(.stored("two.safetensors"))
        #expect(try registry.deployed().digest == digest("two"))
    }

    /// Lets the first `allowed` changes through, then fails all of them, as a process that died.
    struct DyingStore: ForwardingStore {
        let base: LocalModelStore
        let budget: Budget

        final class Budget: @unchecked Sendable {
            // Guarded by `lock`.
            private var left: Int
            private let lock = NSLock()
            init(_ allowed: Int) { left = allowed }
            func spend() throws {
                try lock.withLock {
                    guard left > 0 else { throw BadModel() }
                    left -= 1
                }
            }
        }

        func put(_ data: Data, at key: String, condition: PutCondition) throws {
            try budget.spend()
            try base.put(data, at: key, condition: condition)
        }
        func append(_ data: Data, to key: String, expectedByteCount: Int) throws {
            try budget.spend()
            try base.append(data, to: key, expectedByteCount: expectedByteCount)
        }
        func delete(_ key: String) throws {
            try budget.spend()
            try base.delete(key)
        }
    }

    @Test(arguments: 0..<4)
    func deathBeforeAnyOfTheWritesLeavesOneStoryToTell(_ allowed: Int) throws {
        try fixture.open().deploy(fixture.file("one"))
        let source = try fixture.file("two")
        let dying = ModelRegistry(
            store: DyingStore(
                base: LocalModelStore(folder: fixture.registryFolder), budget: .init(allowed)))
        var notices = [RegistryNotice]()
        let text = message { notices = try dying.deployed(source).notices }
        let registry = fixture.open()
        #expect(try registry.verifyAudit() == [])
        let history = try registry.history()
        // Content, entry, line, pointer: from the line on it is deployed.
        if allowed < 3 {
            #expect(text?.contains("couldn't be recorded either") == true)
            #expect(history.count == 1)
        } else {
            // It was told so, and of the pointer.
            #expect(text == nil)
            #expect(notices == [.pointerNotWritten(reason: "conv1.weight: cut off")])
            #expect(history.count == 2)
            #expect(try registry.leftovers() == ["deployed.json is older than the record"])
        }
        #expect(try registry.deployed().digest == history.last?.modelDigest)
        try registry.deploy(source)
        #expect(try registry.deployed().digest == digest("two"))
    }

    /// Appends, then fails, as a disk does that takes a write and not the flush; or that can't be read
    /// any more either.
    struct UnsyncedStore: ForwardingStore {
        let base: LocalModelStore
        let isReadable: Bool
        let failed = Failed()

        final class Failed: @unchecked Sendable {
            // Used by one thread.
            var yet = false
        }

        func get(_ key: String) throws -> Data? {
            if failed.yet && !isReadable { throw FileError.unreadable(path: key, reason: "EIO") }
            return try base.get(key)
        }
        func append(_ data: Data, to key: String, expectedByteCount: Int) throws {
            try base.append(data, to: key, expectedByteCount: expectedByteCount)
            failed.yet = true
            throw BadModel()
        }
    }

    @Test func aDecisionThatIsOnRecordStandsWhateverTheCallSaid() throws {
        try fixture.open().deploy(fixture.file("one"))
        let pointer = try fixture.text("deployed.json")
        let store = UnsyncedStore(
            base: LocalModelStore(folder: fixture.registryFolder), isReadable: true)
        let result = try ModelRegistry(store: store).deployed(fixture.file("two"))
        #expect(result.decision.outcome == .deployed)
        #expect(result.notices == [.lineNotSynced(reason: "conv1.weight: cut off")])
        let registry = fixture.open()
        #expect(try registry.history().last == result.decision)
        #expect(try registry.deployed().digest == digest("two"))
        // A line that is lost after all, with the power, is no sign of a change.
        #expect(try fixture.text("deployed.json") == pointer)
        try registry.deploy(fixture.file("three"))
        #expect(try registry.verifyAudit() == [])
    }

    @Test func whatCanNotBeKnownIsNotClaimed() throws {
        try fixture.open().deploy(fixture.file("one"))
        let store = UnsyncedStore(
            base: LocalModelStore(folder: fixture.registryFolder), isReadable: false)
        let source = try fixture.file("two")
        let text = message { try ModelRegistry(store: store).deploy(source) }
        #expect(text?.contains("it isn't known whether the decision is on record") == true)
        #expect(text?.contains("not deployed") == false)
        #expect(try fixture.open().deployed().digest == digest("two"))
    }

    @Test func aFullDiskIsAClearErrorAndChangesNothing() async throws {
        try fixture.open().deploy(fixture.file("one"))
        let before = try fixture.files()
        let folder = fixture.folder.path
        await #expect(processExitsWith: .success) { [folder = folder as String] in
            let root = URL(fileURLWithPath: folder)
            let file = try makeModelFile(
                String(repeating: "x", count: 100_000), "big.safetensors", in: root)
            let registry = ModelRegistry(folder: root.appendingPathComponent("registry"))
            // No file may grow past 20 kB: the copy doesn't fit, the record does.
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 20_000, rlim_max: 20_000)
            #expect(setrlimit(__rlimit_resource_t(1), &limit) == 0)
            let text = message { try registry.deploy(.file(file)) }
            #expect(text?.contains("big.safetensors: not deployed: ") == true)
            #expect(text?.contains("can't be written (write): File too large") == true)
            // 100 bytes: not even the record fits; it stays as it was.
            limit.rlim_cur = 100
            #expect(setrlimit(__rlimit_resource_t(1), &limit) == 0)
            let other = message { try registry.deploy(.stored("latest")) }
            #expect(other?.contains("couldn't be recorded either") == true)
            #expect(other?.contains("audit.jsonl: can't be written (write)") == true)
        }
        let registry = fixture.open()
        #expect(try registry.leftovers() == [])
        #expect(try registry.verifyAudit() == [])
        #expect(try fixture.files() == before)
        #expect(try registry.history().map(\.outcome) == [.deployed, .failed])
        #expect(try registry.deployed().digest == digest("one"))
    }

    @Test func threadsThatDeployAtOnceLoseNothing() throws {
        let sources = try (0..<12).map { try fixture.file("model \($0)") }
        let folder = fixture.registryFolder
        DispatchQueue.concurrentPerform(iterations: sources.count) { index in
            do {
                let registry = ModelRegistry(folder: folder, actor: "thread \(index)")
                try registry.deploy(sources[index])
            } catch { Issue.record(error) }
        }
        let registry = fixture.open()
        let history = try registry.history()
        #expect(Set(history.map(\.actor)).count == 12)
        #expect(try registry.list().count == 12)
        #expect(try registry.deployed().digest == history.last?.modelDigest)
        // Each saw what the one before it had deployed.
        #expect(
            history.dropFirst().map(\.previousDeployed) == history.dropLast().map(\.modelDigest))
        #expect(try registry.verifyAudit() == [])
    }

    @Test func processesThatDeployAtOnceLoseNothing() async throws {
        let folder = fixture.folder.path
        async let first: Void = Self.deployEight(folder, "first")
        async let second: Void = Self.deployEight(folder, "second")
        _ = await (first, second)
        let registry = fixture.open()
        let history = try registry.history()
        #expect(history.count == 16)
        #expect(history.filter { $0.actor == "first" }.count == 8)
        #expect(
            history.dropFirst().map(\.previousDeployed) == history.dropLast().map(\.modelDigest))
        #expect(try registry.deployed().digest == history.last?.modelDigest)
        #expect(try registry.verifyAudit() == [])
    }

    private static func deployEight(_ folder: String, _ name: String) async {
        await #expect(processExitsWith: .success) {
            [folder = folder as String, name = name as String] in
            let root = URL(fileURLWithPath: folder)
            let registry = ModelRegistry(
                folder: root.appendingPathComponent("registry"), actor: name)
            for index in 0..<8 {
                try registry.deploy(.file(makeModelFile("\(name) \(index)", "m", in: root)))
            }
        }
    }

    @Test func aCopyRemovedByAnotherProcessIsStoredAgain() throws {
        let registry = fixture.open()
        let path = fixture.path("models/\(digest("one"))/digitcnn_a.safetensors")
        let entry = fixture.path("models/\(digest("one")).json")
        _ = try registry.deploy(
            fixture.file("one")
        ) { _ in
            // As another process does whose verifier refused the same file.
            try FileManager.default.removeItem(at: entry)
            try FileManager.default.removeItem(at: path)
        }
        #expect(try registry.deployed().data == Data("one".utf8))
        #expect(try registry.verifyAudit() == [])
    }
}
