import Foundation
import Registry
import SafeText

/// Why a run ended without a result. Each case says what was kept and what to do.
package enum PipelineError: Error, CustomStringConvertible {
    case interrupted(run: String, epoch: Int, batch: Int, model: String?)
    /// Stopped after an epoch, as it was asked to, to be resumed later.
    case paused(run: String, epoch: Int)
    /// Stopped by its user where nothing is lost by it.
    case cancelled
    case trainingFailed(reason: String, lastGoodWeights: String)
    case classNames(model: [String], data: [String])
    case imageSize(model: String, data: String)
    /// The network takes images of other channels.
    case channels(network: String, expected: Int, dataset: String, got: Int)
    /// `normalization` was given for images of another number of channels.
    case normalization(given: String, channels: Int, dataset: String, imageChannels: Int)
    case noTestSet(dataset: String, flag: String)
    /// The decision on a model is on record, and something failed afterwards.
    case afterDecision(Decision, cause: any Error)
    /// Folders or artifacts of runs that the store doesn't have.
    case unknownRuns(home: String, folders: [String])
    /// A run deployed a model that the registry's record doesn't have.
    case recordLost(run: String, model: String)
    case dataChanged(dataset: String, source: String)
    case noInput(path: String)
    case nothingToResume(what: String)
    case unreadableCheckpoints(run: String, reasons: [String])

    public var description: String {
        switch self {
        case .interrupted(let run, let epoch, let batch, let model):
            "interrupted in epoch \(epoch) after batch \(batch); `--resume \(run)` goes on from there."
                + (model.map { " The best weights so far are in \($0)." } ?? "")
        case .paused(let run, let epoch):
            "paused after epoch \(epoch); `--resume \(run)` goes on from there"
        case .cancelled: "interrupted; what was finished before is kept"
        case .trainingFailed(let reason, let weights):
            "\(reason) They are in \(weights)."
        case .classNames(let model, let data):
            "the model's classes are \(model.joined(separator: ", ")), the data's "
                + "\(data.joined(separator: ", ")); evaluate it on data with its own classes"
        case .imageSize(let model, let data):
            "the model was trained on images of \(model), the data's are \(data)"
        case .channels(let network, let expected, let dataset, let got):
            "\(dataset): its images have \(Count.of(got, "channel")), the network \(network) takes "
                + "\(expected). Train on a data set of grey images; `tessera prepare` shows and "
                + "exports this one"
        case .normalization(let given, let channels, let dataset, let imageChannels):
            "normalization \(given) is for images of \(Count.of(channels, "channel")), those of "
                + "\(dataset) have \(imageChannels); give one mean and one standard deviation a "
                + "channel, or measured"
        case .noTestSet(let dataset, let flag):
            "\(dataset) has no test set; use \(flag) validation or \(flag) all"
        case .afterDecision(let decision, let cause):
            "\(decision.fileName): recorded as \(decision.outcome.rawValue) (decision "
                + "\(decision.number)), which stands; but then: \(cause)"
        case .unknownRuns(let home, let folders):
            "\(home): nothing was removed, since the store doesn't have "
                + (folders.isEmpty
                    ? "the runs that built what is in artifacts"
                    : "\(folders.count) of the runs in runs (\(folders.prefix(3).joined(separator: ", "))"
                        + (folders.count > 3 ? ", …)" : ")"))
                + ". Was runs.sqlite lost, or is it an older copy? Then restore it. If they were "
                + "deleted, `tessera runs gc --orphans` removes them and what they built."
        case .recordLost(let run, let model):
            "the registry's record doesn't have the model \(model.prefix(12)) that run \(run) deployed: "
                + "it was lost, or another one is in its place. Restore it from a backup; or let a "
                + "person begin a new one: `tessera deploy MODEL --strategy manual --reason '…'`."
        case .dataChanged(let dataset, let source):
            "\(dataset) in \(source) was changed while the run went on; run again"
        case .noInput(let path): "\(path): no such file or folder; check --input"
        case .nothingToResume(let what):
            "\(what): no checkpoint to resume from; `tessera runs list` shows the runs, those that "
                + "were interrupted while they trained have one"
        case .unreadableCheckpoints(let run, let reasons):
            "run \(run): none of its checkpoints can be read: \(reasons.joined(separator: "; "))"
        }
    }
}
