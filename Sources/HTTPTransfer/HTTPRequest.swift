import Foundation

/// What is asked of a server.
package struct HTTPRequest: Sendable {
    /// `http:` or `https:`.
    package var address: String
    package var method: String
    /// Sent in this order.
    package var headers: [(name: String, value: String)]
    package var body: Data?

    package init(
        _ address: String, method: String = "GET", headers: [(name: String, value: String)] = [],
        body: Data? = nil
    ) {
        self.address = address
        self.method = method
        self.headers = headers
        self.body = body
    }
}

/// The head of a server's answer.
package struct HTTPResponse: Sendable, Equatable {
    package let status: Int
    /// By lower-case names; of several with one name the last.
    private let fields: [String: String]

    /// - Parameter lines: the status line, then one header a line, without their ends.
    init?(lines: [String]) {
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, let status = Int(words[1]) else { return nil }
        let pairs = lines.dropFirst().compactMap { line -> (String, String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            return (line[..<colon].lowercased(), value)
        }
        self.status = status
        fields = Dictionary(pairs) { _, last in last }
    }

    package func value(of name: String) -> String? { fields[name.lowercased()] }

    /// Where a redirection leads, if this is one.
    ///
    /// - Parameter address: of the request; the server may name the target relative to it.
    package func redirectionTarget(from address: String) -> URL? {
        guard (300..<400).contains(status), let location = value(of: "Location") else { return nil }
        return URL(string: location, relativeTo: URL(string: address))?.absoluteURL
    }
}

/// How long a server is waited for, in seconds. Each is a bound of its own.
package struct HTTPPatience: Sendable, Equatable {
    /// Until the head of the answer is there: from the start, or from the last byte that was sent.
    package var answerSeconds: Double
    /// Between two pieces of the answer's body.
    package var stallSeconds: Double
    /// For all of it.
    package var totalSeconds: Double
    /// The least of the body that must come within `rateSeconds`; 0 for no such bound.
    package var minimumBytes: Int
    package var rateSeconds: Double

    package init(
        answerSeconds: Double, stallSeconds: Double, totalSeconds: Double, minimumBytes: Int = 0,
        rateSeconds: Double = 60
    ) {
        self.answerSeconds = answerSeconds
        self.stallSeconds = stallSeconds
        self.totalSeconds = totalSeconds
        self.minimumBytes = minimumBytes
        self.rateSeconds = rateSeconds
    }
}

/// Why a transfer ended before its end.
package enum HTTPFailure: Error, Equatable, Sendable {
    /// No answer: no such host, connection refused, TLS failure.
    case unreachable(reason: String)
    /// The connection ended within the answer.
    case interrupted(reason: String)
    case noAnswer(seconds: Double)
    /// Nothing more of the body came.
    case stalled(seconds: Double)
    /// Less of the body came than is borne.
    case tooSlow(bytes: Int, seconds: Double)
    /// Not done within the total time.
    case overtime(seconds: Double)
}
