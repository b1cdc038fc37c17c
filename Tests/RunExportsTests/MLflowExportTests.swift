import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import RunExports

/// Requests and failures, with a server on this machine that answers as MLflow and others do.
@Suite(.timeLimit(.minutes(2)))
struct MLflowExportTests {
    typealias Request = AnsweringServer.Request
    typealias Answer = AnsweringServer.Answer

    static let policy = MLflowPolicy(patienceSeconds: 20, attempts: 3, retryDelaySeconds: 0.01)

    /// What MLflow says when all is well and the run is new.
    static func good(_ request: Request, store: String = "mlflow-artifacts:/7/r1/artifacts")
        -> Answer
    {
        switch request.call {
        case "get-by-name":
            Answer(body: #"{"experiment":{"experiment_id":"7","lifecycle_stage":"active"}}"#)
        case "create":
            Answer(body: #"{"run":{"info":{"run_id":"r1","artifact_uri":"\#(store)"}}}"#)
        default: Answer()
        }
    }

    static func missing(_ message: String) -> Answer {
        Answer(
            status: 404,
            body: #"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"\#(message)"}"#)
    }

    private func export(
        _ run: ExportedRun = .small, credentials: MLflowCredentials = .none, path: String = "",
        policy: MLflowPolicy = policy,
        _ answer: @escaping @Sendable (Request, _ earlier: [Request]) -> Answer
    ) throws -> (requests: [Request], outcome: Result<MLflowExportResult, any Error>) {
        let server = try AnsweringServer(answer)
        defer { server.stop() }
        let outcome = Result {
            try MLflowExport(to: server.address + path, credentials: credentials, policy: policy)
                .write(run)
        }
        return (server.requests, outcome)
    }

    private func error(
        _ run: ExportedRun = .small, policy: MLflowPolicy = policy,
        _ answer: @escaping @Sendable (Request, _ earlier: [Request]) -> Answer
    ) throws -> RunExportError {
        let (_, outcome) = try export(run, policy: policy, answer)
        guard case .failure(let error) = outcome else {
            throw RunExportError.notAServer("expected an error, got \(outcome)")
        }
        return try #require(error as? RunExportError, "\(error)")
    }

    // MARK: - Requests

    @Test func anExportIsTheseCalls() throws {
        let (requests, outcome) = try export(path: "/proxy/") { request, _ in Self.good(request) }
        let result = try outcome.get()
        #expect(
            requests.map { "\($0.method) \($0.path)" } == [
                "GET /proxy/api/2.0/mlflow/experiments/get-by-name?experiment_name=digits",
                "POST /proxy/api/2.0/mlflow/runs/search",
                "POST /proxy/api/2.0/mlflow/runs/create",
                "POST /proxy/api/2.0/mlflow/runs/log-batch",
                "POST /proxy/api/2.0/mlflow/runs/log-batch",
                "POST /proxy/api/2.0/mlflow/runs/log-batch",
                "POST /proxy/api/2.0/mlflow/runs/update",
            ])
        #expect(result.isNew)
        #expect(result.page.hasSuffix("/proxy/#/experiments/7/runs/r1"))
        #expect(requests[1].json()["filter"] as? String == "tags.`tessera.run` = 'run-1'")
        let update = requests[6].json()
        #expect(update["status"] as? String == "FINISHED")
        #expect(update["end_time"] as? Int == 1_700_000_060_500)
        #expect(requests.allSatisfy { $0.headers["authorization"] == nil })
    }

    @Test func aMissingExperimentIsMade() throws {
        let (requests, outcome) = try export { request, _ in
            switch (request.call, request.path.contains("experiments")) {
            case ("get-by-name", _): Self.missing("none")
            case ("create", true): Answer(body: #"{"experiment_id":"9"}"#)
            default: Self.good(request)
            }
        }
        #expect(try outcome.get().experimentID == "9")
        #expect(requests[1].json()["name"] as? String == "digits")
        #expect(requests[3].json()["experiment_id"] as? String == "9")
    }

    @Test func anExperimentMadeMeanwhileIsTaken() throws {
        let (_, outcome) = try export { request, earlier in
            if request.call == "get-by-name", earlier.isEmpty { return Self.missing("none") }
            if request.path.hasSuffix("experiments/create") {
                return Answer(
                    status: 400,
                    body: #"{"error_code":"RESOURCE_ALREADY_EXISTS","message":"there"}"#)
            }
            return Self.good(request)
        }
        #expect(try outcome.get().experimentID == "7")
    }

    @Test func artifactsGoThroughTheServer() throws {
        try withTemporaryFolder { folder in
            // More than curl sends without asking whether it may go on.
            let content = Data((0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 >> 4) })
            let file = folder.appendingPathComponent("file")
            try content.write(to: file)
            var run = ExportedRun.small
            run.artifacts = [.init(path: "model/a b?é.bin", file: file)]
            let (requests, outcome) = try export(run) { request, _ in Self.good(request) }
            _ = try outcome.get()
            let put = try #require(requests.first { $0.method == "PUT" })
            #expect(
                put.path == "/api/2.0/mlflow-artifacts/artifacts/7/r1/artifacts/model/"
                    + "a%20b%3F%C3%A9.bin")
            #expect(put.body == content)
            #expect(requests.last?.call == "update")
        }
    }

    @Test func credentialsAreSentAndNeverShown() throws {
        let busy: @Sendable (Request, [Request]) -> Answer = { _, _ in
            Answer(status: 401, body: "log in")
        }
        let expected = "Basic " + Data("ann:se:cret".utf8).base64EncodedString()
        let server = try AnsweringServer(busy)
        defer { server.stop() }
        let address = server.address.replacingOccurrences(of: "//", with: "//ann:se%3Acret@")
        #expect {
            try MLflowExport(to: address, credentials: .token("t")).write(.small)
        } throws: { error in
            !"\(error)".contains("cret") && "\(error)".contains("MLFLOW_TRACKING_TOKEN")
        }
        let (requests, _) = try export(credentials: .token("t0k"), busy)
        #expect(server.requests[0].headers["authorization"] == expected)
        #expect(requests[0].headers["authorization"] == "Bearer t0k")
    }

    @Test func credentialsComeFromMLflowsVariables() {
        let token = ["MLFLOW_TRACKING_TOKEN": "t", "MLFLOW_TRACKING_USERNAME": "u"]
        #expect(MLflowCredentials.fromEnvironment([:]) == .none)
        #expect(MLflowCredentials.fromEnvironment(token) == .token("t"))
        #expect(
            MLflowCredentials.fromEnvironment(
                token.merging(["MLFLOW_TRACKING_PASSWORD": "p"]) { $1 })
                == .password(user: "u", password: "p"))
    }

    @Test func aBusyServerIsAskedAgain() throws {
        let (requests, outcome) = try export { request, earlier in
            earlier.count < 2 ? Answer(status: 503, body: "busy") : Self.good(request)
        }
        _ = try outcome.get()
        #expect(requests.count == 9)
        #expect(Set(requests.prefix(3).map(\.call)) == ["get-by-name"])
    }

    // MARK: - Failures

    @Test(arguments: [
        (400, #"{"error_code":"INVALID_PARAMETER_VALUE","message":"no\nsuch <x>"}"#, "no such <x>"),
        (401, "", "MLFLOW_TRACKING_TOKEN"), (403, "Invalid Host header", "--allowed-hosts"),
        (413, "<html>too much</html>", "limit"), (429, "slowly", "try again later"),
        (500, #"{"error_code":"INTERNAL_ERROR"}"#, "log"),
        (502, String(repeating: "x", count: 9000), "xxx…"),
    ])
    func aRefusalSaysWhereWhatAndWhy(status: Int, body: String, part: String) throws {
        let error = try error { _, _ in Answer(status: status, body: body) }
        guard case .refused(let url, status, _, _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(url.hasSuffix("/api/2.0/mlflow/experiments/get-by-name?experiment_name=digits"))
        #expect("\(error)".hasPrefix("\(url): HTTP status \(status)"))
        #expect("\(error)".contains(part))
        #expect("\(error)".count < 1000 && !"\(error)".contains("\n"))
    }

    @Test(arguments: [
        (404, "<h1>Not Found</h1>"), (405, ""), (200, "<html>Welcome</html>"), (200, "{}"),
    ])
    func anotherServerIsNotMLflow(status: Int, body: String) throws {
        let error = try error { _, _ in Answer(status: status, body: body) }
        guard case .notMLflow(_, status, _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect("\(error)".contains("not an answer of MLflow"))
    }

    @Test func aRedirectionIsNotFollowed() throws {
        let (requests, outcome) = try export(credentials: .token("t")) { _, _ in
            Answer(status: 302, headers: ["Location: https://elsewhere.invalid/login"])
        }
        #expect(requests.count == 1)
        #expect {
            try outcome.get()
        } throws: { error in
            guard case RunExportError.redirected(_, 302, let target) = error else { return false }
            return target == "https://elsewhere.invalid/login"
        }
    }

    @Test func aServerThatIsNotThereIsNamed() throws {
        let server = try AnsweringServer { _, _ in Answer() }
        let address = server.address
        server.stop()
        #expect {
            try MLflowExport(to: address, credentials: .none).write(.small)
        } throws: { error in
            guard case RunExportError.unreachable(let url, _) = error else { return false }
            return url.hasPrefix(address)
        }
    }

    @Test func aSilentServerIsGivenUp() throws {
        let policy = MLflowPolicy(patienceSeconds: 0.3)
        let error = try error(policy: policy) { _, _ in Answer(delaySeconds: 3) }
        guard case .noAnswer(_, 0.3) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test func aServerThatDripsIsGivenUp() throws {
        let policy = MLflowPolicy(patienceSeconds: 20, requestSeconds: 0.5)
        let body = String(repeating: " ", count: 100)
        let error = try error(policy: policy) { _, _ in Answer(body: body, dripSeconds: 0.1) }
        guard case .overtime(_, 0.5) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test(arguments: ["mlruns", "/tmp/mlruns", "file:///tmp/mlruns", "sqlite:///mlflow.db", ""])
    func aFolderIsNoServer(uri: String) {
        #expect(throws: RunExportError.notAServer(uri)) { try MLflowExport(to: uri) }
        #expect("\(RunExportError.notAServer(uri))".contains("mlflow server"))
    }

    @Test(arguments: ["http://", "http://a b/", "https:///x"])
    func anAddressWithoutAHostIsRefused(uri: String) {
        #expect(throws: RunExportError.badTrackingURI(uri, reason: "not an address")) {
            try MLflowExport(to: uri)
        }
    }

    @Test func artifactsThatTheServerDoesNotServeAreRefusedBeforeAnyIsSent() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("file")
            try Data([1]).write(to: file)
            var run = ExportedRun.small
            run.artifacts = [.init(path: "file", file: file)]
            let (requests, outcome) = try export(run) { request, _ in
                Self.good(request, store: "s3://bucket/7/r1/artifacts")
            }
            #expect(!requests.contains { $0.method == "PUT" || $0.call == "log-batch" })
            #expect {
                try outcome.get()
            } throws: { error in
                guard case RunExportError.artifactStore(let uri, _) = error else { return false }
                return uri == "s3://bucket/7/r1/artifacts"
            }
        }
    }

    @Test func anArtifactThatIsGoneEndsTheExportBeforeItBegins() throws {
        var run = ExportedRun.small
        run.artifacts = [.init(path: "a", file: URL(fileURLWithPath: "/nonexistent/a"))]
        let (requests, outcome) = try export(run) { request, _ in Self.good(request) }
        #expect(requests.isEmpty)
        #expect(throws: FileError.self) { try outcome.get() }
    }
}
