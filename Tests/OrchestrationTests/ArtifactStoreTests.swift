import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import Orchestration

@Suite struct ArtifactStoreTests {
    private let bytes = Data("a model".utf8)

    @Test func artifactsAreNamedByTheirContent() throws {
        try withTemporaryFolder { home in
            let store = ArtifactStore(home: home)
            let digest = try store.add(bytes)
            #expect(digest == SHA256.hexDigest(of: bytes))
            #expect(try store.read(digest) == bytes)
            #expect(try store.state(of: digest, bytes: bytes.count) == .intact)
            let url = store.url(of: digest)
            #expect(url.path.hasSuffix("artifacts/\(digest.prefix(2))/\(digest.dropFirst(2))"))
            // The same again changes nothing.
            let before = try FileManager.default.attributesOfItem(atPath: url.path)[
                .systemFileNumber]
            #expect(try store.add(bytes) == digest)
            let after = try FileManager.default.attributesOfItem(atPath: url.path)[
                .systemFileNumber]
            #expect(before as? Int == after as? Int)
        }
    }

    /// Any byte, a missing end, and a file that is gone.
    @Test func damageIsSeenAndMended() throws {
        try withTemporaryFolder { home in
            let store = ArtifactStore(home: home)
            let digest = try store.add(bytes)
            let url = store.url(of: digest)
            for index in bytes.indices {
                var changed = bytes
                changed[index] ^= 1
                try changed.write(to: url)
                #expect(try store.state(of: digest, bytes: bytes.count) == .damaged)
                #expect(throws: ArtifactError.damaged(path: url.path)) { try store.read(digest) }
            }
            try bytes.dropLast().write(to: url)
            #expect(try store.state(of: digest, bytes: bytes.count) == .damaged)
            #expect(try store.add(bytes) == digest)
            #expect(try store.state(of: digest, bytes: bytes.count) == .intact)
            try FileManager.default.removeItem(at: url)
            #expect(try store.state(of: digest, bytes: bytes.count) == .missing)
            #expect(throws: ArtifactError.missing(path: url.path)) { try store.read(digest) }
        }
    }
}
