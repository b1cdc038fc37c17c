import Foundation

/// Why a run ended without a result. Each case says what was kept and what to do.
public enum PipelineError: Error, CustomStringConvertible {
    case interrupted(epoch: Int, batch: Int, checkpoint: String, model: String?)
    case trainingFailed(reason: String, lastGoodWeights: String)
    case classNames(model: [String], data: [String])
    case imageSize(model: String, data: String)
    case noTestSet(dataset: String)
    case runFolderExists(path: String)
    case noEvaluation(model: String)

    public var description: String {
        switch self {
        case .interrupted(let epoch, let batch, let checkpoint, let model):
            "interrupted in epoch \(epoch) after batch \(batch). The checkpoint is \(checkpoint); "
                + "`tessera train --resume \(checkpoint)` goes on from there."
                + (model.map { " The best weights so far are in \($0)." } ?? "")
        case .trainingFailed(let reason, let weights):
            "\(reason) They are in \(weights)."
        case .classNames(let model, let data):
            "the model's classes are \(model.joined(separator: ", ")), the data's "
                + "\(data.joined(separator: ", ")); evaluate it on data with its own classes"
        case .imageSize(let model, let data):
            "the model was trained on images of \(model), the data's are \(data)"
        case .noTestSet(let dataset):
            "\(dataset) has no test set; use --on validation or --on all"
        case .runFolderExists(let path):
            "\(path): a run of that name exists"
        case .noEvaluation(let model):
            "\(model): its metadata holds no metrics to judge it by; "
                + "`tessera evaluate` shows them, `tessera deploy --strategy force` deploys without"
        }
    }
}
