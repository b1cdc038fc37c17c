/// Addresses as they may be shown and recorded: without names, passwords and tokens.
public enum Address {
    /// `address` without what stands before an `@`, and without the values of its query.
    ///
    /// Meant for what was given as an address and may be none: without a scheme, or with a password
    /// that has slashes, question marks or more `@` in it. All up to the last `@` is taken for the
    /// password's, so that a path with an `@` loses its host: `http://…@1.0`.
    public static func withoutSecrets(_ address: String) -> String {
        let (scheme, rest) = divided(address)
        guard let at = rest.lastIndex(of: "@") else { return scheme + withoutQuery(rest) }
        return scheme + "…" + withoutQuery(rest[at...])
    }

    /// A text, such as a server's answer, in which addresses lose their secrets.
    ///
    /// An address is told by `://` and ends at white space or a quote.
    public static func withoutSecrets(inText text: String) -> String {
        guard text.contains("://") else { return text }
        return text.replacing(/[A-Za-z][A-Za-z0-9+.\-]*:\/\/[^\s"'<>`]+/) { match in
            let address = String(match.0)
            return address.contains("@") || address.contains("?")
                ? withoutSecrets(address) : address
        }
    }

    /// The scheme with `://`, and what follows; a scheme alone can't hold a secret.
    private static func divided(_ address: String) -> (scheme: String, rest: Substring) {
        guard let end = address.firstRange(of: "://"),
            address[..<end.lowerBound].wholeMatch(of: /[A-Za-z][A-Za-z0-9+.\-]*/) != nil
        else { return ("", address[...]) }
        return (String(address[..<end.upperBound]), address[end.upperBound...])
    }

    /// The names in a query tell what was asked, their values may be keys. A fragment has neither.
    private static func withoutQuery(_ address: Substring) -> String {
        guard let start = address.firstIndex(where: { "?#".contains($0) }) else {
            return String(address)
        }
        guard address[start] == "?" else { return address[...start] + "…" }
        let pairs = address[address.index(after: start)...].split(separator: "&").map { pair in
            pair.firstIndex(of: "=").map { pair[...$0] + "…" } ?? "…"
        }
        return address[...start] + pairs.joined(separator: "&")
    }
}
