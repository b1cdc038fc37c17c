import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Calls of a tracking server's REST API, each of which waits for its answer.
struct MLflowServer: Sendable {
    /// Without a slash at its end, and without a user's name and password.
    let address: String
    private let authorization: String?
    private let policy: MLflowPolicy

    /// - Throws: `RunExportError.notAServer` or `.badTrackingURI`.
    init(_ trackingURI: String, credentials: MLflowCredentials, policy: MLflowPolicy) throws {
        let trimmed = trackingURI.trimmingCharacters(in: .whitespacesAndNewlines)
        let scheme = trimmed.range(of: "://").map { trimmed[..<$0.lowerBound].lowercased() }
        guard scheme == "http" || scheme == "https" else {
            throw RunExportError.notAServer(Self.withoutPassword(trimmed))
        }
        guard var parts = URLComponents(string: trimmed), parts.host?.isEmpty == false else {
            throw RunExportError.badTrackingURI(
                Self.withoutPassword(trimmed), reason: "not an address")
        }
        var credentials = credentials
        if let user = parts.user, let password = parts.password {
            credentials = .password(user: user, password: password)
        }
        (parts.user, parts.password, parts.query, parts.fragment) = (nil, nil, nil, nil)
        while parts.path.hasSuffix("/") { parts.path.removeLast() }
        guard let url = parts.url else {
            throw RunExportError.badTrackingURI(
                Self.withoutPassword(trimmed), reason: "not an address")
        }
        address = url.absoluteString
        authorization = credentials.authorization
        self.policy = policy
    }

    /// - Parameter body: sent as JSON.
    func post<Response: Decodable>(_ path: String, _ body: some Encodable) throws -> Response {
        try post(path, json: JSONEncoder().encode(body))
    }

    func post<Response: Decodable>(_ path: String, json: Data) throws -> Response {
        let url = "\(address)/api/2.0/mlflow/\(path)"
        return try decode(send("POST", url, json, type: "application/json"), from: url)
    }

    func get<Response: Decodable>(_ path: String, query: [String: String]) throws -> Response {
        let pairs = query.sorted().map { "\($0.0)=\(PercentEncoding.encode($0.1))" }
        let url = "\(address)/api/2.0/mlflow/\(path)?\(pairs.joined(separator: "&"))"
        return try decode(send("GET", url, nil, type: "application/json"), from: url)
    }

    func put(_ url: String, _ content: Data) throws {
        _ = try send("PUT", url, content, type: "application/octet-stream")
    }

    // MARK: - Requests and answers

    /// The body of an answer with status 200.
    private func send(_ method: String, _ address: String, _ body: Data?, type: String) throws
        -> HTTPExchange.Answer
    {
        guard let url = URL(string: address) else {
            throw RunExportError.badTrackingURI(address, reason: "not an address")
        }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body
        request.setValue(type, forHTTPHeaderField: "Content-Type")
        if let authorization {
            request.setValue(authorization, forHTTPHeaderField: "Authorization")
        }
        var attempt = 1
        while true {
            let answer = try HTTPExchange(request, patience: policy.patienceSeconds).run()
            if answer.status == 200 { return answer }
            // These two say that nothing was done, so that nothing can be done twice.
            guard [429, 503].contains(answer.status), attempt < policy.attempts else {
                throw Self.failure(answer, address)
            }
            let delay = policy.retryDelaySeconds * Double(1 << (attempt - 1))
            Thread.sleep(
                forTimeInterval: min(max(answer.retryAfterSeconds ?? 0, delay), 60))
            attempt += 1
        }
    }

    private func decode<Response: Decodable>(_ answer: HTTPExchange.Answer, from url: String) throws
        -> Response
    {
        do {
            return try JSONDecoder().decode(Response.self, from: answer.body)
        } catch {
            throw RunExportError.notMLflow(
                url: url, status: answer.status, reason: Self.summary(answer.body))
        }
    }

    private static func failure(_ answer: HTTPExchange.Answer, _ url: String) -> RunExportError {
        struct Problem: Decodable {
            let error_code: String
            let message: String?
        }
        if (300..<400).contains(answer.status), let target = answer.location {
            return .redirected(url: url, status: answer.status, target: withoutPassword(target))
        }
        if let problem = try? JSONDecoder().decode(Problem.self, from: answer.body) {
            return .refused(
                url: url, status: answer.status, code: problem.error_code,
                message: summary(Data((problem.message ?? "").utf8)))
        }
        // What proxies and logins say isn't JSON; that nothing is there means a wrong address.
        return [404, 405].contains(answer.status)
            ? .notMLflow(url: url, status: answer.status, reason: summary(answer.body))
            : .refused(
                url: url, status: answer.status, code: nil, message: summary(answer.body))
    }

    /// The start of a text, on one line.
    private static func summary(_ body: Data) -> String {
        let words = String(decoding: body.prefix(4000), as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if words.isEmpty { return "an empty answer" }
        return words.count > 400 ? words.prefix(400) + "…" : words
    }

    private static func withoutPassword(_ uri: String) -> String {
        guard let start = uri.range(of: "://")?.upperBound else { return uri }
        let host = uri[start...].prefix { $0 != "/" }
        guard let at = host.lastIndex(of: "@") else { return uri }
        return uri[..<start] + "…" + uri[at...]
    }
}
