/// An optimizer by name, as configurations spell it.
///
/// Names are those of `OptimizerTable`: whoever adds an optimizer adds its file and a row there.
public struct OptimizerType: RawRepresentable, Codable, Sendable, Hashable, CaseIterable {
    public let rawValue: String

    public init?(rawValue: String) {
        guard OptimizerTable.rows.contains(where: { $0.name == rawValue }) else { return nil }
        self.rawValue = rawValue
    }

    fileprivate init(row: OptimizerTable.Row) { rawValue = row.name }

    public static var allCases: [OptimizerType] {
        OptimizerTable.rows.map(OptimizerType.init(row:))
    }

    public static let sgd = OptimizerType(rawValue: "sgd")!
    public static let adam = OptimizerType(rawValue: "adam")!
    public static let adamw = OptimizerType(rawValue: "adamw")!
    public static let rmsprop = OptimizerType(rawValue: "rmsprop")!
}

/// The optimizers that a configuration can name, and how its keys set them.
enum OptimizerTable {
    struct Row: Sendable {
        let name: String
        let make: @Sendable (OptimizerConfig) -> any Optimizer
    }

    static let rows = [
        Row(name: "sgd") {
            SGD(momentum: $0.momentum, nesterov: $0.nesterov, weightDecay: $0.weightDecay)
        },
        Row(name: "adam") {
            Adam(
                beta1: $0.beta1, beta2: $0.beta2, epsilon: $0.epsilon,
                weightDecay: $0.weightDecay)
        },
        Row(name: "adamw") {
            AdamW(
                beta1: $0.beta1, beta2: $0.beta2, epsilon: $0.epsilon,
                weightDecay: $0.weightDecay)
        },
        Row(name: "rmsprop") {
            RMSprop(
                alpha: $0.rmspropAlpha, epsilon: $0.epsilon, weightDecay: $0.weightDecay)
        },
    ]
}

extension ModelConfig {
    /// The optimizer that the config names.
    public func makeOptimizer() -> any Optimizer {
        OptimizerTable.rows.first { $0.name == optimizer.type.rawValue }!.make(optimizer)
    }

    /// The same, with memory for that many parameters.
    public func makeOptimizer(parameterCount: Int) -> any ParameterUpdate {
        makeOptimizer().makeUpdate(parameterCount: parameterCount)
    }
}
