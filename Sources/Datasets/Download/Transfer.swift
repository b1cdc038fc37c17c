import DurableFiles
import Foundation
import Glibc
import HTTPTransfer
import SafeText

/// One download whose body is appended to a partial file.
final class Transfer {
    private let url: URL
    private let limit: Int
    private let report: (_ received: Int, _ total: Int?) -> Void
    private let file: FileHandle
    private let path: String
    private let resumedFrom: Int

    private var received: Int
    private var total: Int?
    /// Nothing more is wanted: the part was whole already.
    private var isWhole = false

    private static let redirectionLimit = 10

    init(url: URL, part: URL, limit: Int, report: @escaping (Int, Int?) -> Void) throws {
        self.url = url
        self.limit = limit
        self.report = report
        path = part.path
        file = try Self.open(part)
        do { resumedFrom = Int(try file.seekToEnd()) } catch {
            throw FileError.unwritable(
                path: part.path, step: "seek", reason: FileError.reason(of: error))
        }
        received = resumedFrom
    }

    /// Opens the partial file, or makes it. Anything but a file is refused, and never waited for.
    private static func open(_ part: URL) throws -> FileHandle {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK
        let descriptor = SystemCall.retrying { Glibc.open(part.path, flags, 0o644) }
        guard descriptor >= 0 else {
            throw FileError.unwritable(
                path: part.path, step: "open", reason: SystemCall.reason)
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard FileFacts(descriptor: descriptor)?.kind == .file else {
            throw FileError.unwritable(
                path: part.path, step: "open", reason: "it is not a regular file")
        }
        return handle
    }

    /// Sends the request, follows redirections, and returns when the whole body is in the file.
    ///
    /// - Parameter deadline: ends the transfer wherever it is.
    /// - Throws: `DownloadError`, `FileError.unwritable`.
    func run(policy: DownloadPolicy, deadline: ContinuousClock.Instant) throws {
        var target = url
        for _ in 0...Self.redirectionLimit {
            guard let next = try request(target, policy, deadline) else {
                if let total, received < total { throw interrupted("the connection was closed") }
                return
            }
            guard url.scheme != "https" || next.scheme == "https" else {
                throw DownloadError.insecureRedirect(url: url, target: next.absoluteString)
            }
            target = next
        }
        throw DownloadError.unreachable(
            url: url, reason: "more than \(Self.redirectionLimit) redirections")
    }

    /// - Returns: where the answer redirects to; nil for an answer that was taken.
    private func request(
        _ target: URL, _ policy: DownloadPolicy, _ deadline: ContinuousClock.Instant
    ) throws -> URL? {
        // Content that is compressed on the way would make offsets and lengths meaningless.
        var headers = [(name: "Accept-Encoding", value: "identity")]
        if resumedFrom > 0 { headers.append(("Range", "bytes=\(resumedFrom)-")) }
        var redirection: URL?
        do {
            try HTTPTransfer.run(
                HTTPRequest(target.absoluteString, headers: headers),
                patience: policy.patience(until: deadline)
            ) { head in
                redirection = head.redirectionTarget(from: target.absoluteString)
                if redirection == nil { try begin(head) }
            } receiveBody: { data in
                guard redirection == nil, !isWhole else { return }
                try append(data)
                report(received, total)
            }
        } catch let failure as HTTPFailure {
            throw error(failure, policy)
        }
        return redirection
    }

    private func error(_ failure: HTTPFailure, _ policy: DownloadPolicy) -> DownloadError {
        switch failure {
        case .unreachable(let reason):
            .unreachable(url: url, reason: Address.withoutSecrets(inReason: reason))
        case .interrupted(let reason): interrupted(Address.withoutSecrets(inReason: reason))
        case .noAnswer(let seconds): .noAnswer(url: url, seconds: seconds)
        case .stalled(let seconds):
            .stalled(url: url, seconds: seconds, received: received, total: total)
        case .tooSlow(let bytes, let seconds):
            .tooSlow(
                url: url, bytes: bytes, seconds: seconds,
                minimumBytesPerSecond: policy.minimumBytesPerSecond)
        case .overtime:
            .overtime(url: url, seconds: policy.totalSeconds, received: received, total: total)
        }
    }

    private func interrupted(_ reason: String) -> DownloadError {
        .interrupted(url: url, received: received, total: total, reason: reason)
    }

    // MARK: - The answer

    /// Puts the file into the state that the server's answer continues.
    private func begin(_ response: HTTPResponse) throws {
        switch response.status {
        case 200:
            // Also a server's way of ignoring that we asked for the rest only.
            try restart()
            total = length(response)
        case 206:
            let range = response.value(of: "Content-Range") ?? "no Content-Range"
            guard range.hasPrefix("bytes \(resumedFrom)-") else {
                try restart()
                throw DownloadError.wrongRange(
                    url: url, got: range, expected: "bytes \(resumedFrom)-")
            }
            total = range.split(separator: "/").last.flatMap { Int($0) }
        case 416 where resumedFrom > 0:
            // Nothing is left to send: the part is whole, or it is of another file.
            if response.value(of: "Content-Range") == "bytes */\(resumedFrom)" {
                total = resumedFrom
                isWhole = true
                return
            }
            try restart()
            throw DownloadError.status(url: url, code: 416)
        default:
            throw DownloadError.status(url: url, code: response.status)
        }
        if let total, total > limit { throw DownloadError.tooLarge(url: url, limit: limit) }
    }

    private func length(_ response: HTTPResponse) -> Int? {
        let encoding = response.value(of: "Content-Encoding") ?? "identity"
        guard encoding == "identity" else { return nil }
        return response.value(of: "Content-Length").flatMap { Int($0) }
    }

    private func restart() throws {
        do { try file.truncate(atOffset: 0) } catch { throw unwritable(error, "truncate") }
        received = 0
    }

    private func append(_ data: Data) throws {
        guard received + data.count <= limit else {
            try restart()
            throw DownloadError.tooLarge(url: url, limit: limit)
        }
        do { try file.write(contentsOf: data) } catch { throw unwritable(error, "write") }
        received += data.count
    }

    private func unwritable(_ error: any Error, _ step: String) -> FileError {
        .unwritable(path: path, step: step, reason: FileError.reason(of: error))
    }
}

extension DownloadPolicy {
    /// - Parameter deadline: of the whole download, of which this is one request.
    fileprivate func patience(until deadline: ContinuousClock.Instant) -> HTTPPatience {
        HTTPPatience(
            answerSeconds: connectSeconds, stallSeconds: stallSeconds,
            totalSeconds: max(0, (deadline - .now) / .seconds(1)),
            minimumBytes: Int(Double(minimumBytesPerSecond) * rateSeconds),
            rateSeconds: rateSeconds)
    }
}
