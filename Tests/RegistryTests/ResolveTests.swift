import Foundation
import Testing

@testable import Registry

@Suite struct ResolveTests {
    let fixture: RegistryFixture
    init() throws { fixture = try RegistryFixture() }

    @Test func anEmptyRegistrySaysSo() throws {
        let registry = fixture.open()
        #expect(try registry.list() == [])
        #expect(try registry.history() == [])
        #expect(try registry.deployedDecision() == nil)
        #expect(try registry.verifyAudit() == [])
        let location = fixture.registryFolder.path
        #expect(
            message { _ = try registry.deployed() }
                == "\(location): no model is deployed. Run `tessera run`, or `tessera deploy MODEL`."
        )
        #expect(
            message { _ = try registry.resolve("deployed") }?.contains("no model is deployed")
                == true)
        #expect(
            message { _ = try registry.resolve("latest") }
                == "latest: no such model; the registry is empty")
        // Reading makes nothing.
        #expect(!FileManager.default.fileExists(atPath: location))
    }

    @Test func modelsAreFoundByDigestNameAndRole() throws {
        let clock = Clock()
        let registry = ModelRegistry(
            store: LocalModelStore(folder: fixture.registryFolder), actor: nil, now: clock.now)
        try registry.deploy(fixture.file("one", name: "a.safetensors"))
        try registry.deploy(fixture.file("two", name: "b.safetensors"), ["accuracy": 0.1])
        #expect(try registry.resolve("deployed").digest == digest("one"))
        #expect(try registry.resolve("latest").digest == digest("two"))
        #expect(try registry.resolve("b.safetensors").digest == digest("two"))
        #expect(try registry.resolve(String(digest("one").prefix(6))).digest == digest("one"))
        #expect(try registry.resolve(digest("one").uppercased()).digest == digest("one"))
        #expect(try registry.model("b.safetensors").data == Data("two".utf8))
    }

    @Test func theListTellsWhatWasDecided() throws {
        let clock = Clock()
        let registry = ModelRegistry(
            store: LocalModelStore(folder: fixture.registryFolder), actor: nil, now: clock.now)
        let first = try registry.deploy(fixture.file("one", name: "a.safetensors"))
        let second = try registry.deploy(
            fixture.file("three", name: "b.safetensors"), ["accuracy": 0.1])
        let third = try registry.deploy(.stored("a.safetensors"), nil)
        let models = try registry.list()
        #expect(models.map(\.fileName) == ["b.safetensors", "a.safetensors"])
        #expect(models.map(\.byteCount) == [5, 3])
        #expect(models.map(\.isDeployed) == [false, true])
        #expect(models.map(\.decisions) == [[second], [first, third]])
        #expect(models[0].metrics == ["accuracy": 0.1])
        #expect(models[0].addedAt > models[1].addedAt)
    }

    @Test func unknownReferencesListTheCandidates() throws {
        let registry = fixture.open()
        try registry.deploy(fixture.file("one"))
        let line = "\n  \(digest("one").prefix(12))  digitcnn_a.safetensors"
        let advice =
            "; choose by at least 6 digits of the digest, by file name, `deployed` or "
            + "`latest`:"
        #expect(
            message { _ = try registry.resolve("nothing") }
                == "nothing: no such model\(advice)\(line)")
        // Five digits are too few.
        let short = String(digest("one").prefix(5))
        #expect(
            message { _ = try registry.resolve(short) } == "\(short): no such model\(advice)\(line)"
        )
        #expect(message { try registry.deploy(.stored("nothing")) }?.contains(line) == true)
        #expect(try registry.history().count == 1)
    }

    @Test func ambiguousReferencesListTheCandidates() throws {
        let registry = fixture.open()
        try registry.deploy(fixture.file("one"))
        try registry.deploy(fixture.file("two"))
        let text = try #require(message { _ = try registry.resolve("digitcnn_a.safetensors") })
        #expect(text.hasPrefix("digitcnn_a.safetensors: more than one model fits"))
        #expect(text.contains(digest("one").prefix(12)) && text.contains(digest("two").prefix(12)))
    }

    @Test func theSameContentIsOneModelUnderEachOfItsNames() throws {
        let registry = fixture.open()
        try registry.deploy(fixture.file("one", name: "a.safetensors"))
        try registry.deploy(fixture.file("one", name: "b.safetensors"))
        #expect(try registry.list().map(\.fileName) == ["a.safetensors"])
        #expect(try registry.resolve("b.safetensors").digest == digest("one"))
        #expect(try registry.history().map(\.fileName) == ["a.safetensors", "b.safetensors"])
    }

    @Test func manyCandidatesAreCut() {
        let error = RegistryError.unknownModel(
            reference: "x", candidates: (0..<14).map { "model \($0)" })
        #expect(error.description.hasSuffix("\n  model 9\n  and 4 more"))
    }
}

/// A minute a look, so that times differ.
final class Clock: @unchecked Sendable {
    // Guarded by `lock`.
    private var seconds = 1_795_256_100.0
    private let lock = NSLock()

    @Sendable func now() -> Date {
        lock.withLock {
            seconds += 60.0625
            return Date(timeIntervalSince1970: seconds)
        }
    }
}
