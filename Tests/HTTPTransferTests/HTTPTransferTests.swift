import Foundation
import Glibc
import Testing

@testable import HTTPTransfer

/// Transfers from a socket that says just what a test wants.
@Suite(.timeLimit(.minutes(5)))
struct HTTPTransferTests {
    static let patience = HTTPPatience(answerSeconds: 20, stallSeconds: 20, totalSeconds: 20)

    struct Outcome {
        var heads: [HTTPResponse] = []
        var body = Data()
        var failure: HTTPFailure?
    }

    static func transfer(
        _ answer: String, patience: HTTPPatience = patience, headers: [(String, String)] = []
    ) throws -> Outcome {
        let server = try OneAnswer(answer)
        defer { withExtendedLifetime(server) {} }
        var outcome = Outcome()
        do {
            try HTTPTransfer.run(
                HTTPRequest(server.address, headers: headers), patience: patience
            ) {
                outcome.heads.append($0)
            } receiveBody: {
                outcome.body += $0
            }
        } catch let failure as HTTPFailure { outcome.failure = failure }
        return outcome
    }

    @Test func headAndBodyComeOnce() throws {
        let outcome = try Self.transfer(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\nX-Name:  a: b \r\nContent-Length: 3\r\n"
                + "\r\nabc")
        #expect(outcome.failure == nil)
        #expect(outcome.heads.map(\.status) == [404])
        #expect(outcome.heads.first?.value(of: "x-NAME") == "a: b")
        #expect(outcome.body == Data("abc".utf8))
    }

    @Test func anAnswerThatBreaksOffIsInterrupted() throws {
        let outcome = try Self.transfer("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc")
        guard case .interrupted = outcome.failure else {
            Issue.record("\(String(describing: outcome.failure))")
            return
        }
        #expect(outcome.body == Data("abc".utf8))
    }

    @Test(arguments: ["", "220 smtp.example\r\n", "\r\n\r\n"])
    func whatIsNotHTTPIsNoAnswer(text: String) throws {
        let outcome = try Self.transfer(text)
        guard case .unreachable = outcome.failure else {
            Issue.record("\(String(describing: outcome.failure))")
            return
        }
    }

    @Test func aHeadWithoutEndIsRefused() throws {
        let lines = (0..<300).map { "X-\($0): \(String(repeating: "a", count: 8000))\r\n" }
        let outcome = try Self.transfer("HTTP/1.1 200 OK\r\n" + lines.joined())
        #expect(outcome.failure != nil)
        #expect(outcome.heads.isEmpty)
    }

    @Test func whatAReceiverThrowsEndsTheTransfer() throws {
        let server = try OneAnswer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
        defer { withExtendedLifetime(server) {} }
        #expect(throws: CancellationError.self) {
            try HTTPTransfer.run(HTTPRequest(server.address), patience: Self.patience) { _ in
            } receiveBody: { _ in
                throw CancellationError()
            }
        }
    }

    @Test func aHeaderCannotHoldASecondOne() throws {
        let outcome = try Self.transfer(
            "HTTP/1.1 200 OK\r\n\r\n", headers: [("Authorization", "Bearer t\r\nX-Other: 1")])
        guard case .unreachable(let reason) = outcome.failure else {
            Issue.record("\(String(describing: outcome.failure))")
            return
        }
        #expect(reason.contains("Authorization") && !reason.contains("Bearer"))
    }

    @Test func otherProtocolsAreRefused() {
        #expect(throws: HTTPFailure.self) {
            try HTTPTransfer.run(HTTPRequest("file:///etc/passwd"), patience: Self.patience) { _ in
            } receiveBody: { _ in
            }
        }
    }

    /// All of a transfer's work is done on the caller's thread, whose time doesn't depend on what
    /// else the process does.
    @Test func waitingTakesNoProcessorTime() throws {
        let server = try OneAnswer(nil)
        defer { withExtendedLifetime(server) {} }
        let before = threadSeconds()
        #expect(throws: HTTPFailure.noAnswer(seconds: 1)) {
            try HTTPTransfer.run(
                HTTPRequest(server.address),
                patience: HTTPPatience(answerSeconds: 1, stallSeconds: 1, totalSeconds: 20)
            ) { _ in
            } receiveBody: { _ in
            }
        }
        #expect(threadSeconds() - before < 0.3)
    }

    private func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Takes one connection, sends one text whatever is asked, and closes; without a text it waits.
private final class OneAnswer: Sendable {
    private let listener: Int32
    let address: String

    init(_ text: String?) throws {
        signal(SIGPIPE, SIG_IGN)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isReady = withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 1) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard isReady else { throw POSIXError(.EADDRNOTAVAIL) }
        address = "http://127.0.0.1:\(UInt16(bigEndian: place.sin_port))/"
        // A descriptor of the thread's own: the number of one that was closed may be another server's.
        let own = dup(listener)
        Thread.detachNewThread {
            defer { close(own) }
            let connection = accept(own, nil, nil)
            guard connection >= 0 else { return }
            var buffer = [UInt8](repeating: 0, count: 4096)
            _ = recv(connection, &buffer, buffer.count, 0)
            if let text {
                let bytes = Array(text.utf8)
                _ = send(connection, bytes, bytes.count, 0)
                shutdown(connection, Int32(SHUT_WR))
            }
            // Until the other side closes.
            while recv(connection, &buffer, buffer.count, 0) > 0 {}
            close(connection)
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}
