import DurableFiles
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// One HTTP request whose body is appended to a partial file.
///
/// `run` waits on its caller's thread; the session calls the delegate's methods on its own queue.
/// `@unchecked Sendable`: everything mutable is touched only while `condition` is locked.
final class Transfer: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    private let url: URL
    private let limit: Int
    private let report: @Sendable (_ received: Int, _ total: Int?) -> Void
    private let file: FileHandle
    private let path: String
    private let resumedFrom: Int

    private let condition = NSCondition()
    private var received: Int
    private var total: Int?
    private var hasAnswered = false
    private var lastActivity = Date()
    private var outcome: Result<Void, any Error>?
    /// Where a redirection that wasn't followed would have led.
    private var insecureTarget: String?

    init(
        url: URL, part: URL, limit: Int, report: @escaping @Sendable (Int, Int?) -> Void
    ) throws {
        self.url = url
        self.limit = limit
        self.report = report
        path = part.path
        if !FileManager.default.fileExists(atPath: part.path) {
            guard FileManager.default.createFile(atPath: part.path, contents: nil) else {
                throw FileError.unwritable(
                    path: part.path, step: "create",
                    reason: "no permission or no space in its folder")
            }
        }
        do {
            file = try FileHandle(forUpdating: part)
            resumedFrom = Int(try file.seekToEnd())
        } catch {
            throw FileError.unwritable(
                path: part.path, step: "open", reason: error.localizedDescription)
        }
        received = resumedFrom
    }

    deinit { try? file.close() }

    /// Sends the request and returns when the whole body is in the file.
    func run(policy: DownloadPolicy) throws {
        let configuration = URLSessionConfiguration.ephemeral
        // The waiting below keeps finer time; this is only the last resort.
        configuration.timeoutIntervalForRequest =
            (max(policy.connectSeconds, policy.stallSeconds) * 2).rounded(.up) + 5
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        let session = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
        defer { session.invalidateAndCancel() }
        var request = URLRequest(url: url)
        // Content that is compressed on the way would make offsets and lengths meaningless.
        request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
        if resumedFrom > 0 {
            request.setValue("bytes=\(resumedFrom)-", forHTTPHeaderField: "Range")
        }
        let task = session.dataTask(with: request)
        condition.withLock { lastActivity = Date() }
        task.resume()
        try waitForOutcome(policy)
    }

    private func waitForOutcome(_ policy: DownloadPolicy) throws {
        condition.lock()
        defer { condition.unlock() }
        while outcome == nil {
            let patience = hasAnswered ? policy.stallSeconds : policy.connectSeconds
            let deadline = lastActivity.addingTimeInterval(patience)
            if Date() >= deadline {
                outcome = .failure(
                    hasAnswered
                        ? DownloadError.stalled(
                            url: url, seconds: patience, received: received, total: total)
                        : DownloadError.noAnswer(url: url, seconds: patience))
            } else {
                _ = condition.wait(until: deadline)
            }
        }
        try outcome?.get()
    }

    /// Ends the transfer; what the session still delivers afterwards is ignored.
    private func finish(_ result: Result<Void, any Error>) {
        guard outcome == nil else { return }
        outcome = result
        condition.broadcast()
    }

    // MARK: - The session's calls

    func urlSession(
        _ session: URLSession, task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        let isSafe = url.scheme != "https" || request.url?.scheme == "https"
        if !isSafe {
            // Not finished here: a session that is invalidated before it took this answer ends the
            // process.
            condition.withLock {
                lastActivity = Date()
                insecureTarget = request.url?.absoluteString ?? "nowhere"
            }
        }
        completionHandler(isSafe ? request : nil)
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        condition.withLock {
            hasAnswered = true
            lastActivity = Date()
            if outcome == nil, insecureTarget == nil, let response = response as? HTTPURLResponse {
                do { try begin(response) } catch { finish(.failure(error)) }
            }
            condition.broadcast()
        }
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let progress: (Int, Int?)? = condition.withLock {
            guard outcome == nil, insecureTarget == nil else { return nil }
            lastActivity = Date()
            do { try append(data) } catch {
                finish(.failure(error))
                return nil
            }
            return (received, total)
        }
        // Outside the lock: the receiver may take its time.
        if let progress { report(progress.0, progress.1) }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
    ) {
        condition.withLock {
            if let insecureTarget {
                finish(.failure(DownloadError.insecureRedirect(url: url, target: insecureTarget)))
            } else if let error {
                finish(.failure(failure(error.localizedDescription)))
            } else if let total, received < total {
                finish(.failure(failure("the connection was closed")))
            } else {
                finish(.success(()))
            }
        }
    }

    private func failure(_ reason: String) -> DownloadError {
        hasAnswered
            ? .interrupted(url: url, received: received, total: total, reason: reason)
            : .unreachable(url: url, reason: reason)
    }

    // MARK: - The answer

    /// Puts the file into the state that the server's answer continues.
    private func begin(_ response: HTTPURLResponse) throws {
        switch response.statusCode {
        case 200:
            // Also a server's way of ignoring that we asked for the rest only.
            try restart()
            total = length(response)
        case 206:
            let range = response.value(forHTTPHeaderField: "Content-Range") ?? "no Content-Range"
            guard range.hasPrefix("bytes \(resumedFrom)-") else {
                try restart()
                throw DownloadError.wrongRange(
                    url: url, got: range, expected: "bytes \(resumedFrom)-")
            }
            total = range.split(separator: "/").last.flatMap { Int($0) }
        case 416 where resumedFrom > 0:
            // Nothing is left to send: the part is whole, or it is of another file.
            let range = response.value(forHTTPHeaderField: "Content-Range")
            if range == "bytes */\(resumedFrom)" {
                total = resumedFrom
                finish(.success(()))
                return
            }
            try restart()
            throw DownloadError.status(url: url, code: 416)
        default:
            throw DownloadError.status(url: url, code: response.statusCode)
        }
        if let total, total > limit { throw DownloadError.tooLarge(url: url, limit: limit) }
    }

    private func length(_ response: HTTPURLResponse) -> Int? {
        let encoding = response.value(forHTTPHeaderField: "Content-Encoding") ?? "identity"
        guard encoding == "identity" else { return nil }
        return response.value(forHTTPHeaderField: "Content-Length").flatMap { Int($0) }
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
        .unwritable(path: path, step: step, reason: error.localizedDescription)
    }
}
