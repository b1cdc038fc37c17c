import Foundation
import Glibc

/// A real HTTP/1.1 server on 127.0.0.1 that answers each request as a function says.
///
/// `@unchecked Sendable`: what changes after `init` is guarded by `lock`.
final class AnsweringServer: @unchecked Sendable {
    struct Request: Sendable {
        let method: String
        /// With its query.
        let path: String
        /// By lower-case names.
        let headers: [String: String]
        let body: Data

        /// The last part of the path, without its query.
        var call: String { String(path.prefix { $0 != "?" }.split(separator: "/").last ?? "") }

        func json() -> [String: Any] {
            (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
        }
    }

    struct Answer: Sendable {
        var status = 200
        var headers: [String] = []
        var body = "{}"
        /// Before anything is sent.
        var delaySeconds = 0.0
        /// Between the bytes of the body.
        var dripSeconds = 0.0
    }

    private let listener: Int32
    private let answer: @Sendable (Request, _ earlier: [Request]) -> Answer
    private let lock = NSLock()
    private var seen: [Request] = []
    let address: String

    init(_ answer: @escaping @Sendable (Request, _ earlier: [Request]) -> Answer) throws {
        self.answer = answer
        signal(SIGPIPE, SIG_IGN)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isReady = withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard isReady else { throw POSIXError(.EADDRNOTAVAIL) }
        address = "http://127.0.0.1:\(UInt16(bigEndian: place.sin_port))"
        Thread.detachNewThread { [self] in acceptAll() }
    }

    var requests: [Request] { lock.withLock { seen } }

    /// Wakes the accepting thread, which closes the socket.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    // MARK: - Connections

    private func acceptAll() {
        defer { close(listener) }
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            Thread.detachNewThread { [self] in
                serve(connection)
                close(connection)
            }
        }
    }

    private func serve(_ connection: Int32) {
        guard let request = read(connection) else { return }
        let earlier = lock.withLock {
            seen.append(request)
            return seen.dropLast()
        }
        let answer = answer(request, Array(earlier))
        Thread.sleep(forTimeInterval: answer.delaySeconds)
        let lines =
            [
                "HTTP/1.1 \(answer.status) Answer", "Connection: close",
                "Content-Length: \(answer.body.utf8.count)",
            ] + answer.headers
        send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8), connection)
        guard answer.dripSeconds > 0 else { return send(Array(answer.body.utf8), connection) }
        for byte in answer.body.utf8 {
            send([byte], connection)
            Thread.sleep(forTimeInterval: answer.dripSeconds)
        }
    }

    private func read(_ connection: Int32) -> Request? {
        var bytes = Data()
        let end = Data("\r\n\r\n".utf8)
        while bytes.range(of: end) == nil {
            guard receive(connection, into: &bytes) else { return nil }
        }
        let head = bytes.range(of: end)!
        let lines = String(decoding: bytes[..<head.lowerBound], as: UTF8.self)
            .components(separatedBy: "\r\n")
        let fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (parts[0].lowercased(), parts[1].trimmingCharacters(in: .whitespaces))
        }
        let headers = Dictionary(fields) { first, _ in first }
        if headers["expect"] != nil {
            send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), connection)
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        while bytes.count < head.upperBound + length {
            guard receive(connection, into: &bytes) else { return nil }
        }
        let start = lines[0].split(separator: " ")
        return Request(
            method: String(start[0]), path: String(start[1]), headers: headers,
            body: bytes[head.upperBound...])
    }

    private func receive(_ connection: Int32, into bytes: inout Data) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(connection, &buffer, buffer.count, 0)
        if count > 0 { bytes.append(contentsOf: buffer[..<count]) }
        return count > 0
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
}
