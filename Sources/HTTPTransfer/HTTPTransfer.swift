import Foundation

/// One HTTP request and its answer, on the caller's thread, by libcurl.
///
/// Not by FoundationNetworking's `URLSession`: on Linux it goes on watching whether its socket can
/// be written after the request was sent, which it always can, and so waits at a whole core's
/// expense; and it has no bound on the time of a transfer.
///
/// Redirections aren't followed: whether one may be is the caller's to say.
package enum HTTPTransfer {
    /// Sends the request and returns when the whole answer was handed on.
    ///
    /// - Parameter receiveHead: gets the head of the answer, once, before the body.
    /// - Parameter receiveBody: gets the body in pieces, as it comes.
    /// - Throws: `HTTPFailure`, and what the receivers throw, which ends the transfer.
    package static func run(
        _ request: HTTPRequest, patience: HTTPPatience,
        receiveHead: (HTTPResponse) throws -> Void, receiveBody: (Data) throws -> Void
    ) throws {
        try withoutActuallyEscaping(receiveHead) { head in
            try withoutActuallyEscaping(receiveBody) { body in
                let receiver = HTTPReceiver(patience: patience, head: head, body: body)
                try CurlSession(request, receiver).run()
            }
        }
    }
}

/// What libcurl's calls work on: the answer so far, and the times.
final class HTTPReceiver {
    private let head: (HTTPResponse) throws -> Void
    private let body: (Data) throws -> Void
    var deadlines: HTTPDeadlines
    private(set) var isAnswered = false
    /// What a receiver threw.
    private(set) var failure: (any Error)?
    private var lines: [String] = []
    private var headBytes = 0

    /// More than this isn't the head of an answer.
    private static let headLimit = 1 << 20

    init(
        patience: HTTPPatience, head: @escaping (HTTPResponse) throws -> Void,
        body: @escaping (Data) throws -> Void
    ) {
        self.head = head
        self.body = body
        deadlines = HTTPDeadlines(patience, now: .now)
    }

    /// - Parameter bytes: one line, its end included.
    /// - Returns: false to end the transfer.
    func receiveLine(_ bytes: Data) -> Bool {
        // Headers after the body change nothing.
        guard !isAnswered else { return true }
        headBytes += bytes.count
        let line = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines)
        guard line.isEmpty else {
            if line.hasPrefix("HTTP/") { lines = [] }
            lines.append(line)
            return headBytes <= Self.headLimit
        }
        // 100 and its like come before the answer.
        guard let response = HTTPResponse(lines: lines), response.status >= 200 else { return true }
        isAnswered = true
        deadlines.answered(now: .now)
        return attempt { try head(response) }
    }

    /// - Returns: false to end the transfer.
    func receiveBody(_ bytes: Data) -> Bool {
        deadlines.received(bytes.count, now: .now)
        return attempt { try body(bytes) }
    }

    private func attempt(_ call: () throws -> Void) -> Bool {
        do { try call() } catch {
            failure = error
            return false
        }
        return true
    }
}
