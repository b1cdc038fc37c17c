import Foundation

/// Takes credentials out of what others say.
struct CredentialFilter: Sendable {
    /// As they are, and in the forms that answers repeat them in; the longest first, for one may be
    /// part of another.
    private let secrets: [String]

    /// Shorter ones occur in ordinary words by chance, so that their removal would show them.
    private static let minimumLength = 4

    init(_ secrets: [String]) {
        let forms = secrets.flatMap { secret in
            [secret, PercentEncoding.encode(secret), Self.inJSON(secret), Self.inHTML(secret)]
        }
        self.secrets = Set(forms).filter { $0.count >= Self.minimumLength }
            .sorted { $0.count > $1.count }
    }

    func removed(from text: String) -> String {
        secrets.reduce(text) { $0.replacing($1, with: "…") }
    }

    private static func inJSON(_ text: String) -> String {
        let quoted = (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) }
        return String((quoted ?? "").dropFirst().dropLast())
    }

    private static func inHTML(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}
