import Datasets
import DigitPipeline
import Inference
import Registry
import Training

/// Errors of the commands themselves.
enum CommandError: ExitStatusError, CustomStringConvertible {
    case folderNotEmpty(path: String)
    case interrupted

    var description: String {
        switch self {
        case .folderNotEmpty(let path): "\(path): is not empty; give a new folder"
        case .interrupted: "interrupted; an output file was not written"
        }
    }

    var exitStatus: ExitStatus {
        switch self {
        case .folderNotEmpty: .usage
        case .interrupted: .interrupted
        }
    }
}

// MARK: - The statuses of the modules' errors

extension DatasetError: ExitStatusError { var exitStatus: ExitStatus { .badInput } }
extension SplitError: ExitStatusError { var exitStatus: ExitStatus { .badInput } }
extension ImageError: ExitStatusError { var exitStatus: ExitStatus { .badInput } }
extension ModelFileError: ExitStatusError { var exitStatus: ExitStatus { .badInput } }
extension RegistryError: ExitStatusError { var exitStatus: ExitStatus { .badInput } }

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
        case .interrupted: .interrupted
        case .trainingFailed, .runFolderExists: .failure
        default: .badInput
        }
    }
}
