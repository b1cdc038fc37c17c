import Foundation
import LinearAlgebra

/// Softmax followed by cross-entropy with the labels, averaged over the batch.
///
/// A sample's loss is Σₖ qₖ · (log Σⱼ exp zⱼ − zₖ), where q is one for the label's class and zero
/// elsewhere, or with label smoothing ε: (1 − ε) for the label plus ε/K for every class.
///
/// Source: PyTorch 2.15, torch.nn.CrossEntropyLoss.
public struct SoftmaxCrossEntropy: Sendable {
    public let classCount: Int
    public let labelSmoothing: Double

    public init(classCount: Int, labelSmoothing: Double = 0) {
        precondition(classCount >= 1 && labelSmoothing >= 0 && labelSmoothing < 1)
        self.classCount = classCount
        self.labelSmoothing = labelSmoothing
    }

    /// The loss and its gradient for one sample.
    ///
    /// - Parameters:
    ///   - logits: `[K]`.
    ///   - gradient: overwritten with (softmax − q) · scale; nil when only the loss is wanted.
    ///   - scale: 1/N for the mean over a batch of N.
    /// - Returns: the sample's loss, not scaled, and whether the largest logit (the first of equals)
    ///   is the label's.
    public func evaluate(
        _ logits: FloatSlice, label: Int, gradient: FloatSlice?, scale: Double
    ) -> (loss: Double, isCorrect: Bool) {
        precondition(logits.count == classCount, "\(logits.count) logits for \(classCount) classes")
        precondition(label >= 0 && label < classCount, "label \(label) of \(classCount) classes")
        let best = logits.indexOfLargest
        let largest = Double(logits[best])
        var sum = 0.0
        var logitSum = 0.0
        for index in 0..<classCount {
            sum += exp(Double(logits[index]) - largest)
            logitSum += Double(logits[index])
        }
        let logSum = largest + log(sum)
        let uniform = labelSmoothing / Double(classCount)
        if let gradient {
            for index in 0..<classCount {
                let target = (index == label ? 1 - labelSmoothing : 0) + uniform
                let probability = exp(Double(logits[index]) - logSum)
                gradient[index] = Float((probability - target) * scale)
            }
        }
        let labelLoss = logSum - Double(logits[label])
        let loss =
            (1 - labelSmoothing) * labelLoss + uniform * (Double(classCount) * logSum - logitSum)
        return (loss, best == label)
    }
}

/// Overwrites each row of `[N, K]` logits with its softmax, computed in double precision.
func softmaxRows(_ logits: FloatSlice, classCount: Int) {
    precondition(logits.count % classCount == 0)
    for row in 0..<logits.count / classCount {
        let values = logits.slice(row * classCount, count: classCount)
        let largest = Double(values[values.indexOfLargest])
        var sum = 0.0
        for index in 0..<classCount { sum += exp(Double(values[index]) - largest) }
        for index in 0..<classCount {
            values[index] = Float(exp(Double(values[index]) - largest) / sum)
        }
    }
}

extension FloatSlice {
    /// The first of the largest elements.
    var indexOfLargest: Int {
        var best = 0
        for index in 1..<Swift.max(count, 1) where self[index] > self[best] { best = index }
        return best
    }
}
