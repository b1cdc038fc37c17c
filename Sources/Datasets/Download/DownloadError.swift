import Foundation
import SafeText

/// Why a download failed: from where, after how much, and what was expected.
public enum DownloadError: Error, Equatable {
    /// No answer: no such host, connection refused, TLS failure.
    case unreachable(url: URL, reason: String)
    /// No answer within the time given.
    case noAnswer(url: URL, seconds: Double)
    case status(url: URL, code: Int)
    /// Nothing more came for this long.
    case stalled(url: URL, seconds: Double, received: Int, total: Int?)
    /// Something came, but too little of it.
    case tooSlow(url: URL, bytes: Int, seconds: Double, minimumBytesPerSecond: Int)
    /// The time for the whole file is over.
    case overtime(url: URL, seconds: Double, received: Int, total: Int?)
    /// The connection ended early.
    case interrupted(url: URL, received: Int, total: Int?, reason: String)
    /// The server resumed elsewhere than it was asked to.
    case wrongRange(url: URL, got: String, expected: String)
    case tooLarge(url: URL, limit: Int)
    case insecureRedirect(url: URL, target: String)
    case corrupt(url: URL, reason: String)

    /// Whether trying again may help.
    var isTransient: Bool {
        switch self {
        case .stalled, .tooSlow, .interrupted, .wrongRange: true
        case .status(_, let code): code == 408 || code == 416 || code == 429 || code >= 500
        case .unreachable, .noAnswer, .overtime, .tooLarge, .insecureRedirect, .corrupt: false
        }
    }
}

extension DownloadError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let url, let reason):
            "\(Self.shown(url)): no connection (\(reason))"
        case .noAnswer(let url, let seconds):
            "\(Self.shown(url)): no answer within \(seconds) s"
        case .status(let url, let code):
            "\(Self.shown(url)): HTTP status \(code), expected 200"
        case .stalled(let url, let seconds, let received, let total):
            "\(Self.shown(url)): nothing came for \(seconds) s after "
                + "\(Self.amount(received, total))"
        case .tooSlow(let url, let bytes, let seconds, let minimum):
            "\(url.absoluteString): \(bytes) bytes came in \(seconds) s, at least \(minimum) a "
                + "second are expected"
        case .overtime(let url, let seconds, let received, let total):
            "\(url.absoluteString): not done after \(seconds) s, with "
                + "\(Self.amount(received, total)); what came is kept, and the next try goes on "
                + "from there"
        case .interrupted(let url, let received, let total, let reason):
            "\(Self.shown(url)): ended after \(Self.amount(received, total)) (\(reason))"
        case .wrongRange(let url, let got, let expected):
            "\(Self.shown(url)): resumed with \(got), expected \(expected)"
        case .tooLarge(let url, let limit):
            "\(Self.shown(url)): more than \(limit) bytes, the limit for this file"
        case .insecureRedirect(let url, let target):
            "\(Self.shown(url)): redirected to \(Address.withoutSecrets(target)), expected an https address"
        case .corrupt(let url, let reason):
            "\(Self.shown(url)): what it sent was refused and removed: \(reason)"
        }
    }

    private static func shown(_ url: URL) -> String { Address.withoutSecrets(url.absoluteString) }

    private static func amount(_ received: Int, _ total: Int?) -> String {
        total.map { "\(received) of \($0) bytes" } ?? "\(received) bytes"
    }
}
