import SafeText
import TestSupport
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("http://127.0.0.1:5000/path", "http://127.0.0.1:5000/path"),
        ("mlruns", "mlruns"), ("sqlite:///mlflow.db", "sqlite:///mlflow.db"),
        ("u:password@host:5000", "…@host:5000"),
        ("http://u:pa/ss@host:5000/x", "http://…@host:5000/x"),
        ("https://u:12/ss@host", "https://…@host"), ("u:p@ss@w/ord@host/path", "…@host/path"),
        ("http://u:p?q#r@host", "http://…@host"), ("token@host", "…@host"),
        ("mysql+pymysql://u:p@h/db", "mysql+pymysql://…@h/db"),
        ("u:p://x@host", "…@host"), ("HTTP://u:%zz@host", "HTTP://…@host"),
        (
            "https://host/f?X-Amz-Signature=abc&token=x&flag",
            "https://host/f?X-Amz-Signature=…&token=…&…"
        ),
        ("https://host/f#access_token=x", "https://host/f#…"),
    ]) func secretsAreLeftOut(_ address: String, _ expected: String) {
        #expect(Address.withoutSecrets(address) == expected)
    }

    @Test func addressesInTextsLoseTheirSecrets() {
        #expect(
            Address.withoutSecrets(
                inText:
                    "GET \"http://u:p/w@host/a?key=v&n=1\" failed (http://u:p@h): https://docs/x?n=1: a@b.c"
            )
                == "GET \"http://…@host/a?key=…&n=1\" failed (http://…@h): https://docs/x?n=1: a@b.c"
        )
    }

    @Test(arguments: ["http://u:ge/im@h:1", "http://u:ge im@h", "u:ge'im@h"])
    func proxiesInReasonsLoseTheirSecrets(_ proxy: String) {
        let shown = Address.withoutSecrets(
            inReason: "Unsupported proxy syntax in '\(proxy)'", environment: ["HTTPS_PROXY": proxy])
        #expect(shown.contains("…@h") && !shown.contains("im"))
    }

    @Test func noPasswordIsEverShown() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5_000 {
            let (address, password) = nastyAddress(using: &generator)
            let shown = Address.withoutSecrets(address)
            #expect(!shown.contains(password), "seed \(seed): \(address) became \(shown)")
        }
    }
}
