/// Why a training can't start or can't go on.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
    /// An option that no training can have.
    case option(name: String, value: String, allowed: String)
    case noSamples(set: String)
    /// Samples of another shape than the network reads.
    case inputShape(set: String, shape: String, expected: String)
    /// Samples, loss and network that don't fit one another.
    case unfit(set: String, problem: String)
    case repeatedMetric(name: String)
    /// An epoch's last pass, or every one, has fewer samples than a layer can take statistics of.
    case shortBatch(
        layer: String, sampleCount: Int, least: Int, trainCount: Int, batchSize: Int,
        fitting: Int?)
    case imageSize(set: String, size: String, expected: String)
    case labelOutOfRange(set: String, label: Int, classCount: Int)
    case nonFiniteLoss(loss: Double, epoch: Int, batch: Int, step: Int, learningRate: Double)
    case nonFiniteValidationLoss(loss: Double, epoch: Int, learningRate: Double)
    case checkpointMismatch(field: String, found: String, expected: String)
    /// The checkpoint was trained on another kind of CPU; going on here gives other bits.
    case otherCPU(checkpoint: String, here: String)

    /// The sign of what is no number says nothing.
    private static func text(_ loss: Double) -> String {
        loss.isNaN ? "NaN" : loss < 0 ? "-infinite" : "infinite"
    }

    public var description: String {
        switch self {
        case .option(let name, let value, let allowed):
            "\(name) is \(value), allowed is \(allowed)"
        case .noSamples(let set):
            "the \(set) set has no images; give a dataset with more of them or another validation_fraction"
        case .inputShape(let set, let shape, let expected):
            "the \(set) set's samples are \(shape), the network expects \(expected)"
        case .unfit(let set, let problem):
            "the \(set) set doesn't fit: \(problem)"
        case .repeatedMetric(let name):
            "two metrics are called \(name); give each a name of its own"
        case .shortBatch(let layer, let count, let least, let trainCount, let size, let fitting):
            "layer \(layer) needs \(least) samples or more in a batch, and the last batch of "
                + "\(trainCount) training samples in batches of \(size) has \(count); "
                + (fitting.map { "give another batch_size, such as \($0)" } ?? "give more samples")
        case .imageSize(let set, let size, let expected):
            "the \(set) set's images are \(size), the model expects \(expected)"
        case .labelOutOfRange(let set, let label, let classCount):
            "the \(set) set has the label \(label), the model \(classCount) classes (0 to \(classCount - 1))"
        case .nonFiniteLoss(let loss, let epoch, let batch, let step, let rate):
            "the loss became \(Self.text(loss)) in epoch \(epoch), batch \(batch) (step \(step)) at learning rate \(rate). "
                + "The last good weights are kept. Try a lower learning_rate, warmup_steps or gradient_clip_norm."
        case .nonFiniteValidationLoss(let loss, let epoch, let rate):
            "the validation loss became \(Self.text(loss)) after epoch \(epoch) at learning rate \(rate). "
                + "The last good weights are kept. Try a lower learning_rate, warmup_steps or gradient_clip_norm."
        case .checkpointMismatch(let field, let found, let expected):
            "the checkpoint's \(field) is \(found), this training's is \(expected); resume with the same config, convolution plan and data"
        case .otherCPU(let checkpoint, let here):
            "the checkpoint was trained on another kind of CPU (\(checkpoint)) than this one (\(here)): "
                + "the training would end with other bits than there. Go on where it was begun, or give "
                + "--accept-other-cpu (accept_other_cpu) to go on here"
        }
    }
}

/// How a training ended; its network holds the best weights in each case.
public struct TrainingResult: Sendable, Equatable {
    public enum Ending: Sendable, Equatable {
        case completed
        case stoppedEarly
        case interrupted(epoch: Int, batch: Int)
    }

    public let history: [EpochRecord]
    /// The epoch whose weights the network holds; nil if none was finished.
    public let bestEpoch: Int?
    public let ending: Ending
    /// How the convolutions were computed.
    public let plan: ConvolutionPlan
    /// Of all epochs, validation included.
    public let elapsedSeconds: Double

    public var best: EpochRecord? { history.first { $0.epoch == bestEpoch } }
}
