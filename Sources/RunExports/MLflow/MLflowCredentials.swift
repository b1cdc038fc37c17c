import Foundation

/// How the server is told who exports.
package enum MLflowCredentials: Sendable, Equatable {
    case none
    case password(user: String, password: String)
    case token(String)

    /// From the variables that MLflow's own client reads; a user with a password goes before a
    /// token.
    package static func fromEnvironment(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Self {
        let value = { (name: String) in environment["MLFLOW_TRACKING_\(name)"] ?? "" }
        if !value("USERNAME").isEmpty, !value("PASSWORD").isEmpty {
            return .password(user: value("USERNAME"), password: value("PASSWORD"))
        }
        return value("TOKEN").isEmpty ? .none : .token(value("TOKEN"))
    }

    /// What no message may repeat, as servers and proxies do that echo a request.
    var secrets: CredentialFilter {
        switch self {
        case .none: CredentialFilter([])
        case .password(let user, let password):
            CredentialFilter([
                password, Data("\(user):\(password)".utf8).base64EncodedString(),
                Data(password.utf8).base64EncodedString(),
            ])
        case .token(let token): CredentialFilter([token])
        }
    }

    /// The value of the header `Authorization`.
    var authorization: String? {
        switch self {
        case .none: nil
        case .password(let user, let password):
            "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
        case .token(let token): "Bearer \(token)"
        }
    }
}
