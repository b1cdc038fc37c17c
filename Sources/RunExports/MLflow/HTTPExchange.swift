import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// One HTTP request and its whole answer.
///
/// `run` waits on its caller's thread; the session calls the delegate's methods on its own queue.
/// Redirections aren't followed: a POST would become a GET, and credentials would go elsewhere.
/// `@unchecked Sendable`: everything mutable is touched only while `condition` is locked.
final class HTTPExchange: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    struct Answer {
        let status: Int
        let body: Data
        /// Of a redirection.
        let location: String?
        let retryAfterSeconds: Double?
    }

    /// More than this isn't an answer of MLflow.
    private static let bodyLimit = 32 << 20

    private let request: URLRequest
    private let patience: Double

    private let condition = NSCondition()
    private var lastActivity = Date()
    private var response: HTTPURLResponse?
    private var body = Data()
    private var isRedirected = false
    private var outcome: Result<Void, RunExportError>?

    /// - Parameter patience: seconds without a byte sent or received.
    init(_ request: URLRequest, patience: Double) {
        self.request = request
        self.patience = patience
    }

    private var address: String { request.url?.absoluteString ?? "" }

    /// - Throws: `RunExportError.unreachable`, `.noAnswer` or `.notMLflow`.
    func run() throws -> Answer {
        let configuration = URLSessionConfiguration.ephemeral
        // The waiting below keeps finer time; this is only the last resort.
        configuration.timeoutIntervalForRequest = (patience * 2).rounded(.up) + 5
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        let session = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
        defer { session.invalidateAndCancel() }
        condition.withLock { lastActivity = Date() }
        session.dataTask(with: request).resume()
        return try wait()
    }

    private func wait() throws -> Answer {
        condition.lock()
        defer { condition.unlock() }
        while outcome == nil {
            let deadline = lastActivity.addingTimeInterval(patience)
            if Date() >= deadline {
                outcome = .failure(.noAnswer(url: address, seconds: patience))
            } else {
                _ = condition.wait(until: deadline)
            }
        }
        try outcome!.get()
        return Answer(
            status: response?.statusCode ?? 0, body: body,
            location: response?.value(forHTTPHeaderField: "Location"),
            retryAfterSeconds: response?.value(forHTTPHeaderField: "Retry-After").flatMap(
                Double.init)
        )
    }

    /// Ends the exchange; what the session still delivers afterwards is ignored.
    private func finish(_ result: Result<Void, RunExportError>) {
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
        // Not finished here: a session that is invalidated before it took this answer ends the process.
        condition.withLock {
            lastActivity = Date()
            isRedirected = true
            if outcome == nil { self.response = response }
        }
        completionHandler(nil)
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, didSendBodyData bytesSent: Int64,
        totalBytesSent: Int64, totalBytesExpectedToSend: Int64
    ) {
        condition.withLock { lastActivity = Date() }
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        condition.withLock {
            lastActivity = Date()
            if outcome == nil && !isRedirected { self.response = response as? HTTPURLResponse }
        }
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        condition.withLock {
            lastActivity = Date()
            guard outcome == nil else { return }
            body.append(data)
            guard body.count > Self.bodyLimit else { return }
            finish(
                .failure(
                    .notMLflow(
                        url: address, status: response?.statusCode ?? 0,
                        reason: "more than \(Self.bodyLimit) bytes")))
        }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
    ) {
        condition.withLock {
            guard let error, !isRedirected else { return finish(.success(())) }
            finish(.failure(.unreachable(url: address, reason: error.localizedDescription)))
        }
    }
}
