import Foundation

/// Cross-entropy of logits with targets in [0, 1], each output a question of its own.
///
/// −(w · y · log σ(x) + (1 − y) · log(1 − σ(x))), with the positive weight w. Targets are values, or for
/// a network of one output labels of 0 and 1.
///
/// Source: PyTorch 2.15, torch.nn.BCEWithLogitsLoss.
public struct BinaryCrossEntropy: ElementwiseLoss {
    /// What positive targets count, for each output; one for all outputs; empty for 1.
    public let positiveWeights: [Double]

    /// - Precondition: finite weights of at least 0.
    public init(positiveWeights: [Double] = []) {
        precondition(
            positiveWeights.allSatisfy { $0.isFinite && $0 >= 0 },
            "positive weights \(positiveWeights)")
        self.positiveWeights = positiveWeights
    }

    /// With one weight for all outputs.
    public init(positiveWeight: Double) { self.init(positiveWeights: [positiveWeight]) }

    public var title: String { "binary cross-entropy" }
    public var metrics: [TrainingMetric] { [.binaryAccuracy] }

    public var record: ComponentRecord {
        ComponentRecord("binary_cross_entropy", ["positive_weights": positiveWeights])
    }

    public func problem(outputCount: Int, targets: TargetKind) -> String? {
        let weightCount = positiveWeights.count
        if weightCount > 1 && weightCount != outputCount {
            return "binary cross-entropy with \(weightCount) positive weights, the network has "
                + "\(outputCount) outputs"
        }
        if targets == .values(count: outputCount) { return nil }
        if targets == .labels && outputCount == 1 { return nil }
        return
            "binary cross-entropy takes a value for each output (or labels for one); the network has "
            + "\(outputCount), the samples have \(targets)"
    }

    public func problem(target: Target) -> String? {
        switch target {
        case .label(let label):
            guard !(0...1).contains(label) else { return nil }
            return "the label \(label), binary cross-entropy 0 and 1"
        case .values(let values):
            guard let value = values.array.first(where: { !(0...1).contains($0) }) else {
                return nil
            }
            return "the target \(value), binary cross-entropy 0 to 1"
        }
    }

    public func element(
        _ output: Double, target: Double, index: Int
    ) -> (loss: Double, gradient: Double) {
        let weight = weight(index)
        // log σ(x) is −softplus(−x), and log(1 − σ(x)) is −x − softplus(−x).
        let softplus = log1p(exp(-abs(output))) + max(-output, 0)
        let factor = 1 + (weight - 1) * target
        let complement = output >= 0 ? exp(-output) / (1 + exp(-output)) : 1 / (1 + exp(output))
        return ((1 - target) * output + factor * softplus, 1 - target - factor * complement)
    }

    private func weight(_ index: Int) -> Double {
        switch positiveWeights.count {
        case 0: 1
        case 1: positiveWeights[0]
        default: positiveWeights[index]
        }
    }
}
