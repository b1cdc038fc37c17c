import SafeText
import Testing

@Suite struct PathComponentTests {
    @Test(arguments: [
        ("7", "7"), ("T-shirt top", "T-shirt top"), ("Ünïcode ☃", "Ünïcode ☃"),
        ("a.b..c", "a.b..c"),
        ("../escaped", "%2E.%2Fescaped"), ("..", "%2E."), (".", "%2E"), ("", "%"),
        (".git", "%2Egit"),
        ("/etc/passwd", "%2Fetc%2Fpasswd"), ("a/b", "a%2Fb"), ("T-shirt\\top", "T-shirt%5Ctop"),
        ("a%2Fb", "a%252Fb"), ("a\0b\n\u{1b}\u{202e}", "a%00b%0A%1B%E2%80%AE"),
    ]) func aNameIsNoPath(_ text: String, _ name: String) {
        #expect(PathComponent.safe(text) == name)
    }

    @Test func longTextsStayShortAndApart() {
        let texts = ["", "x", "y"].map { String(repeating: "é/", count: 300) + $0 }
        let names = texts.map(PathComponent.safe)
        #expect(Set(names).count == 3)
        #expect(names.allSatisfy { $0.utf8.count <= 200 && !$0.contains("/") })
    }

    @Test func differentTextsHaveDifferentNames() {
        let texts = [
            "a/b", "a%2Fb", "a%252Fb", "", "%", "%25", ".", "%2E", "..", "%2E.", "a\\b", "a%5Cb",
        ]
        #expect(Set(texts.map(PathComponent.safe)).count == texts.count)
    }
}
