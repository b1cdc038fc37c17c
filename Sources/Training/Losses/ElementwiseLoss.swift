import Foundation
import LinearAlgebra

/// A loss that judges each output by a value of its own; a batch's is the mean over samples and outputs.
public protocol ElementwiseLoss: Loss {
    /// What it is called in messages.
    var title: String { get }

    /// Of one output, with the loss's gradient in it.
    func element(_ output: Double, target: Double, index: Int) -> (loss: Double, gradient: Double)
}

extension ElementwiseLoss {
    public func problem(outputCount: Int, targets: TargetKind) -> String? {
        if targets == .values(count: outputCount) { return nil }
        return
            "\(title) takes a value for each output; the network has \(outputCount), the samples "
            + "have \(targets)"
    }

    public func weight(of target: Target, outputCount: Int) -> Double { Double(outputCount) }

    public func value(
        _ outputs: FloatSlice, target: Target, gradient: FloatSlice?, scale: Double
    ) -> Double {
        var sum = 0.0
        for index in 0..<outputs.count {
            let element = element(
                Double(outputs[index]), target: target.value(index), index: index)
            sum += element.loss
            gradient?[index] = Float(element.gradient * scale)
        }
        return sum
    }
}

extension Target {
    /// Of an output; a label is its own value.
    func value(_ index: Int) -> Double {
        switch self {
        case .label(let label): Double(label)
        case .values(let values): Double(values[index])
        }
    }
}
