import Foundation

/// Addresses as they may be shown and recorded: without names, passwords and tokens.
package enum Address {
    /// `address` without what stands before an `@`, and without the values of its query.
    ///
    /// Meant for what was given as an address and may be none: without a scheme, or with a password
    /// that has slashes, question marks or more `@` in it. All up to the last `@` is taken for the
    /// password's, so that a path with an `@` loses its host: `http://…@1.0`.
    package static func withoutSecrets(_ address: String) -> String {
        shown(address, isSecret: { _ in true })
    }

    /// A text, such as a server's answer, in which addresses lose user info, and in their queries the
    /// values of what is called a key, a token, a signature or the like.
    ///
    /// An address is told by `://` and ends at white space or a quote.
    package static func withoutSecrets(inText text: String) -> String {
        guard text.contains("://") else { return text }
        return text.replacing(/[A-Za-z][A-Za-z0-9+.\-]*:\/\/[^\s"'<>`]*[^\s"'<>`:,.;)]/) { match in
            shown(String(match.0)) { name in
                name.contains(/(?i)key|token|sig|secret|pass|auth|credential/)
            }
        }
    }

    /// The same for what a library says of a connection, which repeats a proxy that it can't use.
    ///
    /// - Parameter environment: has the proxies' addresses.
    package static func withoutSecrets(
        inReason reason: String,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String {
        let proxies = environment.filter { $0.key.lowercased().hasSuffix("_proxy") }.values
            .filter { $0.contains("@") }
        return withoutSecrets(
            inText: proxies.reduce(reason) { $0.replacing($1, with: withoutSecrets($1)) })
    }

    private static func shown(
        _ address: String, isSecret: (Substring) -> Bool
    ) -> String {
        let (scheme, rest) = divided(address)
        guard let at = rest.lastIndex(of: "@") else {
            return scheme + withoutQuery(rest, isSecret: isSecret)
        }
        return scheme + "…" + withoutQuery(rest[at...], isSecret: isSecret)
    }

    /// The scheme with `://`, and what follows; a scheme alone can't hold a secret.
    private static func divided(_ address: String) -> (scheme: String, rest: Substring) {
        guard let end = address.firstRange(of: "://"),
            address[..<end.lowerBound].wholeMatch(of: /[A-Za-z][A-Za-z0-9+.\-]*/) != nil
        else { return ("", address[...]) }
        return (String(address[..<end.upperBound]), address[end.upperBound...])
    }

    /// The names in a query tell what was asked, their values may be keys. A fragment has no names.
    private static func withoutQuery(
        _ address: Substring, isSecret: (Substring) -> Bool
    ) -> String {
        guard let start = address.firstIndex(where: { "?#".contains($0) }) else {
            return String(address)
        }
        let rest = address[address.index(after: start)...]
        guard address[start] == "?" else {
            return address[...start] + (isSecret(rest) ? "…" : String(rest))
        }
        let pairs = rest.split(separator: "&").map { pair -> String in
            guard let equals = pair.firstIndex(of: "=") else {
                return isSecret(pair) ? "…" : String(pair)
            }
            return isSecret(pair[..<equals]) ? pair[...equals] + "…" : String(pair)
        }
        return address[...start] + pairs.joined(separator: "&")
    }
}
