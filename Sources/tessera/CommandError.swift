import Datasets
import DigitPipeline
import Inference
import Orchestration
import Registry
import RunExports
import Training

/// Errors of the commands themselves.
enum CommandError: ExitStatusError, CustomStringConvertible {
    case folderNotEmpty(path: String)
    case interrupted
    case noRuns(home: String)
    case noAsset(String?, run: String, known: [String])
    case deployedWithoutRun(model: String)

    var description: String {
        switch self {
        case .folderNotEmpty(let path): "\(path): is not empty; give a new folder"
        case .interrupted: "interrupted; an output file was not written"
        case .noRuns(let home): "\(home): no runs; check --home, or make one with `tessera run`"
        case .noAsset(let name, let run, let known):
            "run \(run) has no \(name ?? "assets")"
                + (known.isEmpty ? "" : "; it has \(known.joined(separator: ", "))")
        case .deployedWithoutRun(let model):
            "the deployed model \(model.prefix(12)) was deployed by no run of this store; "
                + "`tessera models history` shows how it came there"
        }
    }

    var exitStatus: ExitStatus {
        switch self {
        case .folderNotEmpty: .usage
        case .interrupted: .interrupted
        case .noRuns, .noAsset, .deployedWithoutRun: .badInput
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
        if case .noRuns = self { .badInput } else { .usage }
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
