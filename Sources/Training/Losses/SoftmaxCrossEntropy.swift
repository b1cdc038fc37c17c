import Foundation
import LinearAlgebra

/// Softmax followed by cross-entropy with the labels.
///
/// A sample's loss is Σₖ qₖ · (log Σⱼ exp zⱼ − zₖ), where q is one for the label's class and zero
/// elsewhere, or with label smoothing ε: (1 − ε) for the label plus ε/K for every class. Class weights
/// multiply the q of their class; a batch's mean is then over the weights of its labels.
///
/// Source: PyTorch 2.15, torch.nn.CrossEntropyLoss.
public struct SoftmaxCrossEntropy: Loss {
    public let classCount: Int
    public let labelSmoothing: Double
    /// One a class; nil where all count alike.
    public let classWeights: [Double]?

    /// - Precondition: smoothing in [0, 1); a finite weight of at least 0 for each class, not all 0.
    public init(classCount: Int, labelSmoothing: Double = 0, classWeights: [Double]? = nil) {
        precondition(classCount >= 1 && labelSmoothing >= 0 && labelSmoothing < 1)
        if let classWeights {
            precondition(
                classWeights.count == classCount
                    && classWeights.allSatisfy { $0.isFinite && $0 >= 0 }
                    && classWeights.contains { $0 > 0 },
                "class weights \(classWeights) for \(classCount) classes")
        }
        self.classCount = classCount
        self.labelSmoothing = labelSmoothing
        self.classWeights = classWeights
    }

    // MARK: - Loss

    public var record: ComponentRecord {
        var record = ComponentRecord(
            "softmax_cross_entropy",
            ["class_count": classCount, "label_smoothing": labelSmoothing])
        record.settings["class_weights"] = classWeights.map { "\($0)" }
        return record
    }

    public var metrics: [TrainingMetric] { [.accuracy] }

    /// Without label smoothing.
    public var forValidation: any Loss {
        SoftmaxCrossEntropy(classCount: classCount, classWeights: classWeights)
    }

    public func problem(outputCount: Int, targets: TargetKind) -> String? {
        if outputCount != classCount {
            return
                "softmax cross-entropy of \(classCount) classes, the network has \(outputCount) outputs"
        }
        guard targets == .labels else {
            return "softmax cross-entropy takes labels, the samples have \(targets)"
        }
        return nil
    }

    public func problem(target: Target) -> String? {
        guard case .label(let label) = target else { return "no label" }
        return (0..<classCount).contains(label)
            ? nil : "the label \(label), the loss \(classCount) classes (0 to \(classCount - 1))"
    }

    public func weight(of target: Target, outputCount: Int) -> Double {
        guard let classWeights else { return 1 }
        return classWeights[label(target)]
    }

    public func value(
        _ outputs: FloatSlice, target: Target, gradient: FloatSlice?, scale: Double
    ) -> Double {
        evaluate(outputs, label: label(target), gradient: gradient, scale: scale).loss
    }

    private func label(_ target: Target) -> Int {
        guard case .label(let label) = target else {
            preconditionFailure("softmax cross-entropy takes labels")
        }
        return label
    }

    // MARK: - One sample

    /// The loss and its gradient for one sample.
    ///
    /// - Parameters:
    ///   - logits: `[K]`.
    ///   - gradient: overwritten with (softmax · Σq − q) · scale; nil when only the loss is wanted.
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
        for index in 0..<classCount { sum += exp(Double(logits[index]) - largest) }
        let logSum = largest + log(sum)
        let loss =
            classWeights.map {
                weighted(logits, label, logSum, $0, gradient: gradient, scale: scale)
            } ?? unweighted(logits, label, logSum, gradient: gradient, scale: scale)
        return (loss, best == label)
    }

    private func unweighted(
        _ logits: FloatSlice, _ label: Int, _ logSum: Double, gradient: FloatSlice?, scale: Double
    ) -> Double {
        let uniform = labelSmoothing / Double(classCount)
        var logitSum = 0.0
        for index in 0..<classCount { logitSum += Double(logits[index]) }
        if let gradient {
            for index in 0..<classCount {
                let target = (index == label ? 1 - labelSmoothing : 0) + uniform
                let probability = exp(Double(logits[index]) - logSum)
                gradient[index] = Float((probability - target) * scale)
            }
        }
        let labelLoss = logSum - Double(logits[label])
        return (1 - labelSmoothing) * labelLoss
            + uniform * (Double(classCount) * logSum - logitSum)
    }

    private func weighted(
        _ logits: FloatSlice, _ label: Int, _ logSum: Double, _ weights: [Double],
        gradient: FloatSlice?, scale: Double
    ) -> Double {
        let uniform = labelSmoothing / Double(classCount)
        func target(_ index: Int) -> Double {
            weights[index] * ((index == label ? 1 - labelSmoothing : 0) + uniform)
        }
        var (loss, total) = (0.0, 0.0)
        for index in 0..<classCount {
            loss += target(index) * (logSum - Double(logits[index]))
            total += target(index)
        }
        if let gradient {
            for index in 0..<classCount {
                let probability = exp(Double(logits[index]) - logSum)
                gradient[index] = Float((probability * total - target(index)) * scale)
            }
        }
        return loss
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
