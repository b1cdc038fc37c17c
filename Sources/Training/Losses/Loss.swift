import LinearAlgebra

/// What a sample's outputs are to become.
public enum Target: Sendable {
    /// A class, counted from 0.
    case label(Int)
    /// A value for each output.
    case values(FloatSlice)
}

/// What all of a source's targets are.
public enum TargetKind: Sendable, Equatable, CustomStringConvertible {
    case labels
    case values(count: Int)

    public var description: String {
        switch self {
        case .labels: "labels"
        case .values(let count): "\(count) values a sample"
        }
    }
}

/// What a training makes small: how far outputs are from their targets.
///
/// A batch's loss is a weighted mean: Σ values / Σ weights over its samples, taken in double precision,
/// sample by sample and then chunk by chunk in their order, so that it doesn't depend on threads.
public protocol Loss: Sendable {
    /// Its name and settings, by which a checkpoint's training is told from another.
    var record: ComponentRecord { get }

    /// What is measured beside it unless a training asks for others.
    var metrics: [TrainingMetric] { get }

    /// What validation measures; itself unless a training's regularisation is part of it.
    var forValidation: any Loss { get }

    /// Why it can't judge such outputs by such targets; nil where it can.
    func problem(outputCount: Int, targets: TargetKind) -> String?

    /// Why a target is none for it, such as a label beyond the classes; nil for those that are.
    func problem(target: Target) -> String?

    /// What a sample counts in a batch's mean, such as the number of its outputs.
    func weight(of target: Target, outputCount: Int) -> Double

    /// One sample's loss.
    ///
    /// - Parameters:
    ///   - outputs: `[K]`.
    ///   - gradient: overwritten with the loss's gradient in the outputs times `scale`; nil where
    ///     only the loss is wanted.
    ///   - scale: one over the batch's weight.
    /// - Returns: the loss, not scaled.
    func value(
        _ outputs: FloatSlice, target: Target, gradient: FloatSlice?, scale: Double
    ) -> Double
}

extension Loss {
    public var metrics: [TrainingMetric] { [] }
    public var forValidation: any Loss { self }
    public func problem(target: Target) -> String? { nil }
    public func weight(of target: Target, outputCount: Int) -> Double { 1 }

    /// The sum over a chunk's samples.
    ///
    /// - Parameters:
    ///   - outputs: `[count, K]`.
    ///   - target: of a sample of the chunk, counted from its first.
    ///   - gradient: overwritten as by `value`; `[count, K]`.
    public func sum(
        _ outputs: FloatSlice, count: Int, target: (_ sample: Int) -> Target,
        gradient: FloatSlice? = nil, scale: Double = 0
    ) -> Double {
        let outputCount = outputs.count / count
        var sum = 0.0
        for sample in 0..<count {
            sum += value(
                outputs.slice(sample * outputCount, count: outputCount), target: target(sample),
                gradient: gradient?.slice(sample * outputCount, count: outputCount), scale: scale)
        }
        return sum
    }
}

/// What a part of a training is and how it is set: a loss, an optimizer, a schedule. Checkpoints hold
/// it, and a training only goes on from one whose parts are the same.
public struct ComponentRecord: Codable, Sendable, Equatable, CustomStringConvertible {
    /// Such as `adam`.
    public var name: String
    /// Each setting by name, as exact text.
    public var settings: [String: String]

    public init(_ name: String, _ settings: [String: any Sendable & CustomStringConvertible] = [:])
    {
        self.name = name
        self.settings = settings.mapValues { "\($0)" }
    }

    /// `adam (beta1 0.9, beta2 0.999)`
    public var description: String {
        guard !settings.isEmpty else { return name }
        let list = settings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return "\(name) (\(list.joined(separator: ", ")))"
    }
}
