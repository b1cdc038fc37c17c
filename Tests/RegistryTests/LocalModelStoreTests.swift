import Foundation
import Testing

@testable import Registry

@Suite struct LocalModelStoreTests {
    let fixture: RegistryFixture
    let store: LocalModelStore

    init() throws {
        fixture = try RegistryFixture()
        store = LocalModelStore(folder: fixture.registryFolder)
    }

    @Test func objectsArePutReadListedAndRemoved() throws {
        #expect(try store.get("a/b") == nil)
        #expect(try store.list(prefix: "") == [:])
        try store.put(Data("12".utf8), at: "a/b", condition: .always)
        try store.put(Data("345".utf8), at: "a/b", condition: .always)
        try store.put(Data("6".utf8), at: "ab", condition: .ifAbsent)
        #expect(try store.get("a/b") == Data("345".utf8))
        #expect(try store.exists("a/b") && !store.exists("a/c"))
        #expect(try store.list(prefix: "") == ["a/b": 3, "ab": 1])
        #expect(try store.list(prefix: "a/") == ["a/b": 3])
        #expect(try store.list(prefix: "a") == ["a/b": 3, "ab": 1])
        #expect(try store.localFile("ab") == fixture.path("ab"))
        try store.delete("a/b")
        try store.delete("a/b")
        #expect(try store.list(prefix: "") == ["ab": 1])
        #expect(throws: RegistryError.self) { try store.localFile("a/b") }
    }

    @Test func conditionsHold() throws {
        try store.put(Data("1".utf8), at: "k", condition: .ifAbsent)
        #expect(
            message { try store.put(Data("2".utf8), at: "k", condition: .ifAbsent) }
                == "k: exists already")
        try store.append(Data("23".utf8), to: "k", expectedByteCount: 1)
        #expect(
            message { try store.append(Data("4".utf8), to: "k", expectedByteCount: 1) }
                == "k: has 3 bytes, expected 1; another process wrote to it. Try again.")
        #expect(try store.get("k") == Data("123".utf8))
        try store.append(Data("n".utf8), to: "new", expectedByteCount: 0)
        #expect(try store.get("new") == Data("n".utf8))
    }

    @Test(arguments: ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".hidden", "a/.b", "a\0b"])
    func keysStayInsideTheFolder(_ key: String) {
        #expect(throws: RegistryError.self) {
            try store.put(Data(), at: key, condition: .always)
        }
        #expect(throws: RegistryError.self) { try store.get(key) }
        #expect(throws: RegistryError.self) { try store.delete(key) }
    }

    @Test func aFolderThatCanNotBeMadeIsAnError() throws {
        try FileManager.default.createDirectory(
            at: fixture.folder, withIntermediateDirectories: true)
        try Data("file".utf8).write(to: fixture.registryFolder)
        let source = try fixture.file("one")
        // Reads find nothing; writes say why they can't.
        let text = message { try fixture.open().deploy(source) }
        #expect(text?.contains(fixture.registryFolder.path) == true)
        #expect(text?.contains("can't be") == true)
    }
}

/// Links in the registry's folder.
@Suite struct LinkedRegistryTests {
    @Test func itsFoldersMayBeBehindLinksAndOthersAreKept() throws {
        let fixture = try RegistryFixture()
        let store = LocalModelStore(folder: fixture.registryFolder)
        let far = fixture.folder.appendingPathComponent("far")
        for name in ["far/models/d", "far/other", "registry"] {
            try FileManager.default.createDirectory(
                at: fixture.folder.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        func link(_ path: String, _ target: String) throws {
            try FileManager.default.createSymbolicLink(
                at: fixture.path(path),
                withDestinationURL: fixture.folder.appendingPathComponent(target))
        }
        try link("models", "far/models")
        try Data("12".utf8).write(to: far.appendingPathComponent("models/d/f"))
        try Data("345".utf8).write(to: far.appendingPathComponent("other/f"))
        try link("models/linked", "far/other")
        #expect(try store.list(prefix: "models/") == ["models/d/f": 2])
        #expect(try store.get("models/linked/f") == Data("345".utf8))
        #expect(
            message { try store.delete("models/linked/f") }?.contains("linked is a link") == true)
        #expect(try store.get("models/linked/f") == Data("345".utf8))
        try store.delete("models/d/f")
        #expect(try store.list(prefix: "models/") == [:])
    }
}
