import Foundation
import HTTPTransfer
import SafeText

/// One request to a tracking server and its whole answer.
///
/// Redirections aren't followed: a POST would become a GET, and credentials would go elsewhere.
struct HTTPExchange {
    struct Answer {
        let status: Int
        let body: Data
        /// Of a redirection.
        let location: String?
        let retryAfterSeconds: Double?
    }

    /// More than this isn't an answer of MLflow.
    private static let bodyLimit = 32 << 20

    private let request: HTTPRequest
    private let policy: MLflowPolicy

    init(_ request: HTTPRequest, policy: MLflowPolicy) {
        self.request = request
        self.policy = policy
    }

    private var address: String { request.address }

    /// Waits for the answer on the caller's thread.
    ///
    /// - Throws: `RunExportError.unreachable`, `.noAnswer`, `.overtime` or `.notMLflow`.
    func run() throws -> Answer {
        let patience = HTTPPatience(
            answerSeconds: policy.patienceSeconds, stallSeconds: policy.patienceSeconds,
            totalSeconds: policy.requestSeconds)
        var head: HTTPResponse?
        var body = Data()
        do {
            try HTTPTransfer.run(request, patience: patience) {
                head = $0
            } receiveBody: { data in
                body.append(data)
                guard body.count <= Self.bodyLimit else { throw tooLong(head?.status ?? 0) }
            }
        } catch let failure as HTTPFailure {
            throw error(failure)
        }
        return Answer(
            status: head?.status ?? 0, body: body, location: head?.value(of: "Location"),
            retryAfterSeconds: head?.value(of: "Retry-After").flatMap(Double.init).flatMap {
                $0.isFinite ? $0 : nil
            })
    }

    private func tooLong(_ status: Int) -> RunExportError {
        .notMLflow(url: address, status: status, reason: "more than \(Self.bodyLimit) bytes")
    }

    private func error(_ failure: HTTPFailure) -> RunExportError {
        switch failure {
        case .unreachable(let reason), .interrupted(let reason):
            .unreachable(url: address, reason: Address.withoutSecrets(inReason: reason))
        case .noAnswer(let seconds), .stalled(let seconds):
            .noAnswer(url: address, seconds: seconds)
        case .tooSlow(_, let seconds), .overtime(let seconds):
            .overtime(url: address, seconds: seconds)
        }
    }
}
