import Foundation
import SafeText

/// Why a run can't be exported: to where, what was answered, and what to do.
package enum RunExportError: Error, Equatable, CustomStringConvertible {
    case badTrackingURI(String, reason: String)
    /// A folder or a database where a server's address is needed.
    case notAServer(String)
    /// No answer: no such host, connection refused, TLS failure.
    case unreachable(url: String, reason: String)
    /// Nothing was sent or came for this long.
    case noAnswer(url: String, seconds: Double)
    /// The request and its answer weren't done in this time.
    case overtime(url: String, seconds: Double)
    /// The server said no.
    case refused(url: String, status: Int, code: String?, message: String)
    /// An answer that isn't MLflow's.
    case notMLflow(url: String, status: Int, reason: String)
    case redirected(url: String, status: Int, target: String)
    case deletedExperiment(name: String, id: String, server: String)
    /// MLflow keeps the first value of a parameter for ever.
    case parameterChanged(name: String, recorded: String, exported: String, run: String)
    /// The server tells its clients to write artifacts there themselves.
    case artifactStore(String, server: String)
    case badArtifactPath(String, reason: String)

    /// Addresses that were given or answered are without names, passwords and tokens here; those of
    /// requests (`url`) are made without.
    package var description: String {
        switch self {
        case .badTrackingURI(let uri, let reason):
            "\(shown(uri)): \(reason). Give the address of an MLflow server, such as "
                + "http://127.0.0.1:5000."
        case .notAServer(let uri):
            "\(shown(uri)): runs are exported to an MLflow server, and this isn't the address of one. Start "
                + "a server with `mlflow server --backend-store-uri sqlite:///mlflow.db` and give its "
                + "address, such as http://127.0.0.1:5000. (MLflow 3 no longer opens folders such as "
                + "mlruns unless told to; `mlflow migrate-filestore` brings them into a database.)"
        case .unreachable(let url, let reason):
            "\(url): no connection (\(reason)). Check the address, and that the server runs."
        case .noAnswer(let url, let seconds):
            "\(url): no answer within \(seconds) s. Check that the server runs; exporting again "
                + "takes up where this stopped."
        case .overtime(let url, let seconds):
            "\(url): not done within \(seconds) s, though something came. Check the server and the "
                + "network; exporting again takes up where this stopped."
        case .refused(let url, let status, let code, let message):
            "\(url): HTTP status \(status)\(code.map { " (\($0))" } ?? ""): \(message)"
                + Self.advice(status)
        case .notMLflow(let url, let status, let reason):
            "\(url): HTTP status \(status), but not an answer of MLflow (\(reason)). Check the "
                + "address: it is that of MLflow's page, without what follows the #."
        case .redirected(let url, let status, let target):
            "\(url): HTTP status \(status), redirected to \(shown(target)). Give the address that the "
                + "server has there."
        case .deletedExperiment(let name, let id, let server):
            "\(shown(server)): the experiment \(name) was deleted there. Restore it with `mlflow "
                + "experiments restore --experiment-id \(id)`, or export to another experiment."
        case .parameterChanged(let name, let recorded, let exported, let run):
            "\(shown(run)): parameter \(name) is \(recorded) there and \(exported) now, and MLflow doesn't "
                + "change parameters. Delete that run in MLflow and export again."
        case .artifactStore(let uri, let server):
            "\(shown(server)): artifacts lie at \(shown(uri)), where this server's clients have to write them. "
                + "Start it with --serve-artifacts (and an experiment made then), or export without "
                + "artifacts."
        case .badArtifactPath(let path, let reason):
            "artifact \(path): \(reason)"
        }
    }

    private func shown(_ address: String) -> String { Address.withoutSecrets(address) }

    private static func advice(_ status: Int) -> String {
        switch status {
        case 401:
            ". Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN."
        case 403:
            ". Check the account's rights, and that the server's --allowed-hosts has its address."
        case 413: ". Raise the limit of the server, or of the proxy before it."
        case 429, 503: ". The server is busy; try again later."
        case 500...: ". The server's log says more; exporting again takes up where this stopped."
        default: ""
        }
    }
}
