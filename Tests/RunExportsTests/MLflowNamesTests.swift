import DurableFiles
import Foundation
import Testing

@testable import RunExports

@Suite struct MLflowNamesTests {
    @Test(arguments: ["loss", "train/loss", "a.b-c_d: e", "Größe", "数/1", "..a", "a."])
    func aPermittedNameStays(name: String) {
        #expect(MLflowNames.key(name) == name)
    }

    @Test(arguments: [
        ("", "_"), (".", "_"), ("..", "_"), ("/etc", "_/etc"), ("a//b", "a/_/b"),
        ("a/../b", "a/_/b"), ("x/", "x/_"), ("f1 (macro)", "f1 _macro_"), ("a\nb", "a_b"),
        ("e\u{301}", "e_"), ("a\\b", "a_b"),
    ])
    func anotherNameIsFittedAndMarked(name: String, fitted: String) {
        let mark = SHA256.hexDigest(of: Data(name.utf8)).prefix(8)
        #expect(MLflowNames.key(name) == "\(fitted)-\(mark)")
    }

    @Test func namesThatBecomeAlikeStayDifferent() {
        let long = String(repeating: "é", count: 300)
        let names = ["a|b", "a?b", "a b|", long, long + "!", long + "é"]
        let keys = names.map(MLflowNames.key)
        #expect(Set(keys).count == names.count)
        #expect(keys.allSatisfy { $0.unicodeScalars.count <= 250 })
        #expect(keys[3].unicodeScalars.count == 250)
        #expect(MLflowNames.key(String(long.prefix(250))) == String(long.prefix(250)))
    }

    @Test func artifactPathsKeepTheirEnds() throws {
        #expect(try MLflowNames.artifactPath("a/b c é.json") == "a/b c é.json")
        let cleaned = try MLflowNames.artifactPath("50%/a#1\\.png")
        let parts = cleaned.split(separator: "/")
        #expect(parts.count == 2)
        #expect(parts[0].hasSuffix("-50_"))
        #expect(parts[1].hasSuffix("-a_1_.png"))
    }

    @Test(arguments: ["", "/etc/passwd", "../up", "a/../b", "a//b", "a/", "./a", "a/./\u{301}b"])
    func aPathOutOfTheRunIsRefused(path: String) {
        #expect {
            try MLflowNames.artifactPath(path)
        } throws: { error in
            guard case RunExportError.badArtifactPath(path, _) = error else { return false }
            return true
        }
    }

    @Test func anotherValueIsShortenedByCodePoints() {
        #expect(MLflowNames.shortened("e\u{301}x", to: 2) == "e\u{301}")
        #expect(MLflowNames.shortened("ab", to: 2) == "ab")
    }
}
