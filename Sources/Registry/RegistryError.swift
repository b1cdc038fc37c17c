import SafeText

/// Why the registry refused or failed. Each case names the model, file or field at fault, and its
/// text says what to do next.
package enum RegistryError: Error, Sendable, CustomStringConvertible {
    /// The file didn't load, didn't predict or wasn't stored; the decision is on record.
    case deploymentFailed(Decision)
    /// Writing the record failed, and whether the decision is in it can't be read.
    case outcomeUnknown(location: String, failure: String, reading: String)
    /// A failure that couldn't even be recorded.
    case failureNotRecorded(failure: String, recording: String)
    /// The content of a stored model is not what its name says.
    case modelAltered(path: String, expected: String, got: String)
    case modelMissing(path: String)
    case nothingDeployed(location: String)
    /// The deployed model is the first that was.
    case nothingToRollBackTo(deployed: String)
    case unknownModel(reference: String, candidates: [String])
    case ambiguousModel(reference: String, candidates: [String])
    case auditDamaged(location: String, problems: [AuditProblem])
    case impossibleThreshold(key: String, value: Double, allowed: String)
    /// A promotion by a person or by force that doesn't say by whom or why.
    case missingStatement(strategy: String, field: String)
    case fileName(name: String, expected: String)
    case key(String)
    case alreadyExists(key: String)
    /// Another writer was faster; nothing was changed.
    case conflict(key: String, expectedByteCount: Int, gotByteCount: Int)
    case malformed(key: String, reason: String)

    package var description: String {
        switch self {
        case .deploymentFailed(let decision):
            "\(decision.fileName): not deployed: \(decision.reason.sentence) The attempt is on record; "
                + "what was deployed before stays in place."
        case .outcomeUnknown(let location, let failure, let reading):
            "\(location): it isn't known whether the decision is on record: \(failure) Then: "
                + "\(reading). `tessera models history` tells as soon as the record can be read."
        case .failureNotRecorded(let failure, let recording):
            "\(failure.sentence) The failure couldn't be recorded either: \(recording)"
        case .modelAltered(let path, let expected, let got):
            "\(path): SHA-256 is \(got), expected \(expected). The file was altered after it was "
                + "stored. Remove it and deploy the original again, or another model."
        case .modelMissing(let path):
            "\(path): the stored model is missing. Deploy the original file again, or another model."
        case .nothingDeployed(let location):
            "\(location): no model is deployed. Run `tessera run`, or `tessera deploy MODEL`."
        case .nothingToRollBackTo(let name):
            "nothing was deployed before \(name), so there is nothing to roll back to; deploy a "
                + "model by name with `tessera deploy MODEL --strategy manual --reason '…'`"
        case .unknownModel, .ambiguousModel: lines.joined(separator: "\n")
        case .auditDamaged(let location, let problems):
            "\(location): the registry was changed from outside: "
                + problems.prefix(3).map(\.description).joined(separator: "; ")
                + (problems.count > 3 ? " and \(problems.count - 3) more" : "")
                + ". Restore it from a backup; until then nothing is deployed."
        case .impossibleThreshold(let key, let value, let allowed):
            "\(key) \(value): must be \(allowed)"
        case .missingStatement(let strategy, let field):
            "strategy \(strategy): \(field) is empty; say it, so that the record can"
        case .fileName(let name, let expected):
            "\(name): as a model's file name, expected \(expected)"
        case .key(let key):
            "\(key): not a key; expected names joined by \"/\", none of them starting with a dot"
        case .alreadyExists(let key):
            "\(key): exists already"
        case .conflict(let key, let expected, let got):
            "\(key): has \(got) bytes, expected \(expected); another process wrote to it. Try again."
        case .malformed(let key, let reason):
            "\(key): can't be read: \(reason)"
        }
    }

}

extension RegistryError: MultilineError {
    package var lines: [String] {
        switch self {
        case .unknownModel(let reference, let candidates):
            Self.choices("\(reference): no such model", candidates)
        case .ambiguousModel(let reference, let candidates):
            Self.choices("\(reference): more than one model fits", candidates)
        default: [description]
        }
    }

    private static func choices(_ problem: String, _ candidates: [String]) -> [String] {
        if candidates.isEmpty { return [problem + "; the registry is empty"] }
        let advice =
            "choose by at least 6 digits of the digest, by file name, `deployed` or `latest`:"
        return ["\(problem); \(advice)"] + candidates.prefix(10).map { "  " + $0 }
            + (candidates.count > 10 ? ["  and \(candidates.count - 10) more"] : [])
    }
}

extension String {
    /// With a full stop at its end, and one only.
    fileprivate var sentence: String { hasSuffix(".") ? self : self + "." }
}
