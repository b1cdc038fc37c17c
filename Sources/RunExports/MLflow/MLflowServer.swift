import Foundation
import HTTPTransfer
import SafeText

/// Calls of a tracking server's REST API, each of which waits for its answer.
struct MLflowServer: Sendable {
    /// Without a slash at its end, and without a user's name and password.
    let address: String
    private let authorization: String?
    private let secrets: CredentialFilter
    private let policy: MLflowPolicy

    /// - Throws: `RunExportError.notAServer` or `.badTrackingURI`.
    init(_ trackingURI: String, credentials: MLflowCredentials, policy: MLflowPolicy) throws {
        let trimmed = trackingURI.trimmingCharacters(in: .whitespacesAndNewlines)
        let scheme = trimmed.range(of: "://").map { trimmed[..<$0.lowerBound].lowercased() }
        guard scheme == "http" || scheme == "https" else {
            throw RunExportError.notAServer(Address.withoutSecrets(trimmed))
        }
        guard var parts = URLComponents(string: trimmed), parts.host?.isEmpty == false else {
            throw Self.badAddress(trimmed)
        }
        // The host would be what is before the password's first slash, and be sent the rest.
        guard !"\(parts.path)?\(parts.query ?? "")#\(parts.fragment ?? "")".contains("@") else {
            throw Self.badAddress(trimmed)
        }
        var credentials = credentials
        if let user = parts.user, let password = parts.password {
            credentials = .password(user: user, password: password)
        }
        (parts.user, parts.password, parts.query, parts.fragment) = (nil, nil, nil, nil)
        while parts.path.hasSuffix("/") { parts.path.removeLast() }
        guard let url = parts.url else {
            throw Self.badAddress(trimmed)
        }
        address = url.absoluteString
        authorization = credentials.authorization
        secrets = credentials.secrets
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
        var request = HTTPRequest(
            address, method: method, headers: [("Content-Type", type)], body: body)
        if let authorization { request.headers.append(("Authorization", authorization)) }
        var attempt = 1
        while true {
            let answer = try HTTPExchange(request, policy: policy).run()
            if answer.status == 200 { return answer }
            // These two say that nothing was done, so that nothing can be done twice.
            guard [429, 503].contains(answer.status), attempt < policy.attempts else {
                throw failure(answer, address)
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
                url: url, status: answer.status, reason: summary(answer.body))
        }
    }

    private func failure(_ answer: HTTPExchange.Answer, _ url: String) -> RunExportError {
        struct Problem: Decodable {
            let error_code: String
            let message: String?
        }
        if (300..<400).contains(answer.status), let target = answer.location {
            return .redirected(
                url: url, status: answer.status,
                target: secrets.removed(from: Address.withoutSecrets(target)))
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

    /// The start of a text, on one line, without what it repeats of the credentials.
    private func summary(_ body: Data) -> String {
        let text = Address.withoutSecrets(
            inText: secrets.removed(from: String(decoding: body.prefix(1 << 20), as: UTF8.self)))
        let words = text.prefix(4000)
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if words.isEmpty { return "an empty answer" }
        return words.count > 400 ? words.prefix(400) + "…" : words
    }

    private static func badAddress(_ uri: String) -> RunExportError {
        .badTrackingURI(
            Address.withoutSecrets(uri),
            reason: !uri.contains("@")
                ? "not an address"
                : "not an address; in a password / ? # @ and spaces are written %2F %3F %23 %40 "
                    + "and %20, or it is given in MLFLOW_TRACKING_PASSWORD")
    }
}
