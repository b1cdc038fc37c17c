import Foundation
import Glibc

/// A real HTTP/1.1 server on 127.0.0.1 for tests of downloads, with the faults that servers have.
///
/// `@unchecked Sendable`: what changes after `init` is guarded by `lock`.
final class SmallHTTPServer: @unchecked Sendable {
    enum Behaviour: Sendable {
        case normal
        /// Announces the whole length, sends this many bytes, closes.
        case truncated(Int)
        /// Announces the whole length, sends this many bytes, then nothing more.
        case stalled(Int)
        /// Announces the whole length, sends this many bytes at a time, so many seconds apart.
        case dripping(Int, everySeconds: Double)
        /// Takes the request and never answers.
        case silent
        /// Answers as it should, after this many seconds.
        case slow(Double)
        /// Sends as many bytes as asked for, but others.
        case corrupt
        /// Answers 200 with the whole file, whatever range was asked for.
        case ignoresRange
        /// Answers a range request from another offset.
        case wrongRange
        /// Sends no Content-Length; the end of the connection ends the file.
        case noLength
        case status(Int)
        case redirect(String)
    }

    struct Request: Sendable, Equatable {
        let path: String
        let rangeStart: Int?
    }

    private let listener: Int32
    private let files: [String: [UInt8]]
    private let lock = NSLock()
    private var behaviours: [Behaviour]
    private var seen: [Request] = []
    private var openConnections: [Int32] = []
    private var isStopped = false
    let port: UInt16

    /// - Parameter behaviours: for the first request, the second, …; the last one for all after it.
    init(files: [String: [UInt8]], behaviours: [Behaviour] = [.normal]) throws {
        self.files = files
        self.behaviours = behaviours
        signal(SIGPIPE, SIG_IGN)
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isReady = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard isReady else { throw POSIXError(.EADDRNOTAVAIL) }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in acceptAll() }
    }

    var url: URL { URL(string: "http://127.0.0.1:\(port)/")! }
    var requests: [Request] { lock.withLock { seen } }

    func stop() {
        lock.withLock {
            isStopped = true
            for connection in openConnections { shutdown(connection, Int32(SHUT_RDWR)) }
        }
        // The accepting thread closes the socket when this wakes it: closed here, its number could
        // be another server's before that thread looks at it again.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    // MARK: - Connections

    private func acceptAll() {
        defer { close(listener) }
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            let isOpen = lock.withLock {
                if !isStopped { openConnections.append(connection) }
                return !isStopped
            }
            guard isOpen else {
                close(connection)
                return
            }
            Thread.detachNewThread { [self] in
                serve(connection)
                lock.withLock {
                    openConnections.removeAll { $0 == connection }
                    _ = close(connection)
                }
            }
        }
    }

    private func serve(_ connection: Int32) {
        guard let request = readRequest(connection) else { return }
        let behaviour = lock.withLock {
            seen.append(request)
            return behaviours.count > 1 ? behaviours.removeFirst() : behaviours[0]
        }
        answer(request, behaviour, connection)
    }

    private func readRequest(_ connection: Int32) -> Request? {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !text.contains("\r\n\r\n") {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
        let lines = text.components(separatedBy: "\r\n")
        let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
        return Request(
            path: String(lines[0].split(separator: " ")[1].dropFirst()),
            rangeStart: range.flatMap { Int($0.dropFirst(13).dropLast()) })
    }

    private func answer(_ request: Request, _ behaviour: Behaviour, _ connection: Int32) {
        guard let content = files[request.path] else {
            return send(head("404 Not Found", ["Content-Length: 0"]), connection)
        }
        var start = request.rangeStart ?? 0
        if case .ignoresRange = behaviour { start = 0 }
        if start > 0, start >= content.count {
            let headers = ["Content-Range: bytes */\(content.count)", "Content-Length: 0"]
            return send(head("416 Range Not Satisfiable", headers), connection)
        }
        let body = Array(content[start...])
        var headers = ["Content-Length: \(body.count)"]
        if start > 0 {
            var named = start
            if case .wrongRange = behaviour { named = start - 1 }
            headers.append("Content-Range: bytes \(named)-\(content.count - 1)/\(content.count)")
        }
        let whole = head(start > 0 ? "206 Partial Content" : "200 OK", headers)
        switch behaviour {
        case .normal, .ignoresRange, .wrongRange:
            send(whole + body, connection)
        case .truncated(let count):
            send(whole + body.prefix(count), connection)
        case .stalled(let count):
            send(whole + body.prefix(count), connection)
            waitForClose(connection)
        case .dripping(let count, let seconds):
            send(whole, connection)
            drip(body, count, seconds, connection)
        case .silent:
            waitForClose(connection)
        case .slow(let seconds):
            Thread.sleep(forTimeInterval: seconds)
            send(whole + body, connection)
        case .corrupt:
            send(whole + body.map { ~$0 }, connection)
        case .noLength:
            send(head("200 OK", []) + content, connection)
        case .status(let code):
            send(head("\(code) Fault", ["Content-Length: 0"]), connection)
        case .redirect(let target):
            send(head("302 Found", ["Location: \(target)", "Content-Length: 0"]), connection)
        }
    }

    private func head(_ status: String, _ headers: [String]) -> [UInt8] {
        let lines = ["HTTP/1.1 \(status)", "Connection: close"] + headers
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    private func send(_ bytes: [UInt8], _ connection: Int32) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress! + sent, bytes.count - sent, 0)
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    private func drip(_ body: [UInt8], _ count: Int, _ seconds: Double, _ connection: Int32) {
        var start = 0
        while start < body.count, !lock.withLock({ isStopped }) {
            let end = min(start + count, body.count)
            send(Array(body[start..<end]), connection)
            start = end
            Thread.sleep(forTimeInterval: seconds)
        }
    }

    /// Until the client gives up or the server is stopped.
    private func waitForClose(_ connection: Int32) {
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) > 0 {}
    }
}
