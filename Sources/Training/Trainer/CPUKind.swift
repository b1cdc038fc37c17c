import Kernels
import LinearAlgebra

/// The kind of CPU that computes a training. With the config, the plan and the data it decides every
/// bit of the weights: other instructions sum in other orders, and training makes another model of
/// that. The number of threads isn't part of it, since it changes no bit.
public struct CPUKind: Codable, Sendable, Equatable {
    /// Which variant of Tessera's own kernels runs.
    public let level: CPULevel
    /// Which kernels OpenBLAS chose, such as `Haswell`; nil where the training doesn't call it.
    public let blasCore: String?

    public init(level: CPULevel, blasCore: String?) {
        self.level = level
        self.blasCore = blasCore
    }

    /// This machine's.
    public static func current(callsBLAS: Bool) -> CPUKind {
        CPUKind(level: .current, blasCore: callsBLAS ? BLASRuntime.coreName : nil)
    }

    enum CodingKeys: String, CodingKey {
        case level = "cpu_level"
        case blasCore = "blas_core"
    }
}

extension CPUKind: CustomStringConvertible {
    /// `avx2, OpenBLAS Haswell`: for people, and part of a model's version.
    public var description: String {
        level.rawValue + (blasCore.map { ", OpenBLAS \($0)" } ?? "")
    }
}

extension Collection<CPUKind> {
    /// The kinds one after another, for a training that went on on another.
    public var text: String { map(\.description).joined(separator: ", then ") }
}

extension DigitCNN {
    /// Whether training calls OpenBLAS.
    ///
    /// It does for every product where the layers run one by one (im2col). Else only fully connected
    /// layers may: all three passes of one whose sizes aren't whole panels, as the last layer of ten
    /// outputs; with AVX2 and below also the weights' gradients of the others (`Linear`).
    ///
    /// - Parameters:
    ///   - plan: nil where it isn't known before the training measures: it may be im2col.
    ///   - level: of the machine that trains.
    public static func callsBLAS(
        _ config: ModelConfig, plan: ConvolutionPlan?, level: CPULevel = .current
    ) -> Bool {
        guard let plan else { return true }
        // Only of DigitCNN the layers' sizes don't depend on the image's; others may call it.
        guard config.network.kind == .digitCNN else { return true }
        let network = config.network(inputHeight: smallestSide, inputWidth: smallestSide)
        guard let graph = try? network.graph() else { return true }
        return graph.callsBLAS(plan, level: level)
    }

    /// The same of this model on this machine.
    var cpuKind: CPUKind {
        .current(callsBLAS: DigitCNN.callsBLAS(config, plan: plan))
    }
}

extension NetworkGraph {
    /// Whether training calls OpenBLAS; a user's own layers may.
    func callsBLAS(_ plan: ConvolutionPlan, level: CPULevel) -> Bool {
        guard !plan.isLayerByLayer, level == .avx512 else { return true }
        return nodes.contains { node in
            switch node.operation {
            case .linear(let linear):
                !Linear.fitsPanels(
                    inputs: node.inputShape.count, outputs: linear.outputs, wantsInputGradient: true)
            case .convolution: plan.algorithm(of: node.name) == .im2col
            case .custom: true
            default: false
            }
        }
    }
}

extension Network {
    /// The same of this network on this machine.
    var callsBLAS: Bool { graph.callsBLAS(plan, level: .current) }
}

extension Checkpoint {
    /// The kinds of CPU that trained, in order: more than one if it went on on another. Nil for a
    /// checkpoint of before they were recorded.
    ///
    /// - Throws: `ModelFileError.field`.
    public func cpuKinds() throws -> [CPUKind]? {
        guard content.metadata[Key.cpuKinds.rawValue] != nil else { return nil }
        let kinds = try metadata(.cpuKinds, as: [CPUKind].self)
        guard !kinds.isEmpty else {
            throw ModelFileError.field(
                file: content.name, field: "__metadata__.\(Key.cpuKinds.rawValue)",
                expected: "at least one kind of CPU", got: "none")
        }
        return kinds
    }

    /// The same checkpoint with what is known from elsewhere of the CPU that trained, unless it says
    /// itself.
    public func trained(on kind: CPUKind?) throws -> Checkpoint {
        guard let kind, try cpuKinds() == nil else { return self }
        var content = content
        content.metadata[Key.cpuKinds.rawValue] = try Checkpoint.json([kind])
        return Checkpoint(content: content)
    }

    /// Whether the CPU that trained calls OpenBLAS in this training.
    ///
    /// - Throws: `ModelFileError.field`, `ConfigError`.
    public func callsBLAS(level: CPULevel) throws -> Bool {
        try DigitCNN.callsBLAS(config(), plan: plan(), level: level)
    }

    /// The kinds of the training that goes on from here on this machine.
    ///
    /// - Parameter acceptingOther: go on on another kind than trained last.
    /// - Throws: `TrainingError.otherCPU`; `ModelFileError.field`.
    @discardableResult
    public func cpuKindsGoingOn(acceptingOther: Bool) throws -> [CPUKind] {
        try cpuKindsGoingOn(
            here: .current(callsBLAS: try callsBLAS(level: .current)),
            acceptingOther: acceptingOther)
    }

    /// - Parameter here: the kind of CPU that goes on.
    func cpuKindsGoingOn(here: CPUKind, acceptingOther: Bool) throws -> [CPUKind] {
        guard let before = try cpuKinds() else { return [here] }
        guard before.last != here else { return before }
        guard acceptingOther else {
            throw TrainingError.otherCPU(checkpoint: before.text, here: "\(here)")
        }
        return before + [here]
    }
}
