import Foundation
import TestSupport
import Testing

@testable import Training

/// `Tests/Golden/optimizers.json`, written by `generate/optimizers.py`.
struct OptimizerGoldens: Decodable {
    struct Options: Decodable {
        var momentum: Double?
        var nesterov: Bool?
        var weight_decay: Double?
        var betas: [Double]?
        var eps: Double?
        var alpha: Double?
        var centered: Bool?
    }

    struct Trajectory: Decodable, CustomTestStringConvertible, Sendable {
        var name: String
        var optimizer: String
        /// Whether each step has the momentum (or beta1) of `cycled_momentums`.
        var cycled: Bool
        var options: Options
        /// [step][parameter]
        var parameters_after: [[Float]]

        var testDescription: String { name }
    }

    struct Clipping: Decodable {
        var maximum_norm: Double
        var step: Int
        var norm: Double
        var clipped: [Float]
    }

    struct Average: Decodable {
        var decay: Double
        /// [update][parameter]; the model's values are the steps' gradients.
        var values_after: [[Float]]
    }

    var parameters: [Float]
    var gradients: [[Float]]
    var learning_rates: [Double]
    var cycled_momentums: [Double]
    var trajectories: [Trajectory]
    var clipping: [Clipping]
    var averages: [Average]

    static let all: OptimizerGoldens = {
        let data = try! Data(contentsOf: goldenFile("optimizers.json"))
        return try! JSONDecoder().decode(OptimizerGoldens.self, from: data)
    }()
}

extension OptimizerGoldens.Trajectory {
    func makeOptimizer(_ parameterCount: Int) -> any ParameterUpdate {
        rule.makeUpdate(parameterCount: parameterCount)
    }

    private var rule: any Optimizer {
        let betas = options.betas ?? [0.9, 0.999]
        return switch optimizer {
        case "SGD":
            SGD(
                momentum: options.momentum ?? 0, nesterov: options.nesterov ?? false,
                weightDecay: options.weight_decay ?? 0)
        case "Adam":
            Adam(
                beta1: betas[0], beta2: betas[1], epsilon: options.eps ?? 1e-8,
                weightDecay: options.weight_decay ?? 0)
        case "AdamW":
            // PyTorch's default decay has to be ours as well.
            if let decay = options.weight_decay {
                AdamW(
                    beta1: betas[0], beta2: betas[1], epsilon: options.eps ?? 1e-8,
                    weightDecay: decay)
            } else {
                AdamW()
            }
        case "RMSprop":
            RMSprop(
                alpha: options.alpha ?? 0.99, epsilon: options.eps ?? 1e-8,
                weightDecay: options.weight_decay ?? 0, momentum: options.momentum ?? 0,
                centered: options.centered ?? false)
        default: fatalError("an optimizer named \(optimizer)")
        }
    }
}
