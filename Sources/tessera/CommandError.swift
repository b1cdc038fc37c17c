import Datasets
import DigitPipeline
import Inference
import Orchestration
import Registry
import RunExports
import SafeText
import Training

/// Errors of the commands themselves.
enum CommandError: ExitStatusError, CustomStringConvertible {
    case folderNotEmpty(path: String)
    case interrupted
    case noRuns(home: String)
    case noAsset(String?, run: String, known: [String])
    case deployedWithoutRun(model: String)
    case unknownOption(String)
    case unknownCommand(String, parent: String, known: [String])
    case unknownTag(String, known: [String])

    var description: String {
        switch self {
        case .folderNotEmpty(let path): "\(path): is not empty; give a new folder"
        case .interrupted: "interrupted; an output file was not written"
        case .noRuns(let home): "\(home): no runs; check --home, or make one with `tessera run`"
        case .noAsset(let name, let run, let known):
            "run \(run) has no \(name ?? "assets")"
                + Suggestion.clause(
                    for: name ?? "", in: known,
                    next: known.isEmpty ? nil : "it has \(known.joined(separator: ", "))")
        case .deployedWithoutRun(let model):
            "the deployed model \(model.prefix(12)) was deployed by no run of this store; "
                + "`tessera models history` shows how it came there"
        case .unknownOption(let argument):
            "\(argument): no option has one dash and several letters; a file's name that begins with a "
                + "dash is written ./\(argument)"
        case .unknownCommand(let name, let parent, let known):
            "\(parent): unknown command \(name)"
                + Suggestion.clause(
                    for: name, in: known, next: "`\(parent) --help` lists the commands")
        case .unknownTag(let tag, let known):
            "--tag \(tag): no run has this tag"
                + Suggestion.clause(
                    for: tag, in: known,
                    next: known.isEmpty
                        ? "no run has any"
                        : "there are \(known.prefix(20).joined(separator: ", "))"
                            + (known.count > 20 ? ", …" : ""))
        }
    }

    var exitStatus: ExitStatus {
        switch self {
        case .folderNotEmpty, .unknownOption, .unknownCommand: .usage
        case .interrupted: .interrupted
        case .noRuns, .noAsset, .deployedWithoutRun, .unknownTag: .badInput
        }
    }
}

// MARK: - The statuses of the modules' errors

extension DatasetError: ExitStatusError { var exitStatus: ExitStatus { .badInput } }
extension SplitError: ExitStatusError { var exitStatus: ExitStatus { .badInput } }
extension ImageError: ExitStatusError { var exitStatus: ExitStatus { .badInput } }
extension ModelFileError: ExitStatusError { var exitStatus: ExitStatus { .badInput } }
extension RegistryError: ExitStatusError { var exitStatus: ExitStatus { .badInput } }
extension ModelReferenceError: ExitStatusError { var exitStatus: ExitStatus { .badInput } }
extension StoreError: ExitStatusError { var exitStatus: ExitStatus { .badInput } }
extension ArtifactError: ExitStatusError { var exitStatus: ExitStatus { .badInput } }
extension RunExportError: ExitStatusError { var exitStatus: ExitStatus { .badInput } }

extension SweepError: ExitStatusError {
    var exitStatus: ExitStatus {
        switch self {
        case .noRuns: .badInput
        case .allFailed: .failure
        default: .usage
        }
    }
}

extension AssetGraphError: ExitStatusError { var exitStatus: ExitStatus { .usage } }

extension AssetError: ExitStatusError {
    var exitStatus: ExitStatus {
        switch self {
        case .notMade, .otherVariant: .badInput
        case .checksFailed: .checkFailed
        }
    }
}

extension ScoringError: ExitStatusError {
    var exitStatus: ExitStatus {
        switch self {
        case .option, .outputFormat: .usage
        default: .badInput
        }
    }
}

extension TrainingError: ExitStatusError {
    var exitStatus: ExitStatus {
        switch self {
        case .nonFiniteLoss, .nonFiniteValidationLoss: .failure
        default: .badInput
        }
    }
}

extension PipelineError: ExitStatusError {
    var exitStatus: ExitStatus {
        switch self {
        case .interrupted, .paused, .cancelled: .interrupted
        case .trainingFailed: .failure
        case .afterDecision(_, let cause): ExitStatus(of: cause)
        default: .badInput
        }
    }
}
