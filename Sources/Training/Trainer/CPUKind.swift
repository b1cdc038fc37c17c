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

extension ModelConfig {
    /// Whether training the network that it describes calls OpenBLAS.
    ///
    /// It does for every product where the layers run one by one (im2col). Else only fully connected
    /// layers may: all three passes of one whose sizes aren't whole panels, as the last layer of ten
    /// outputs; with AVX2 and below also the weights' gradients of the others (`Linear`).
    ///
    /// - Parameters:
    ///   - plan: nil where it isn't known before the training measures: it may be im2col.
    ///   - input: of a sample.
    ///   - level: of the machine that trains.
    /// - Throws: `NetworkDescriptionError` for samples that don't fit into the network, or a plan that
    ///   doesn't fit it; `ConfigError`.
    public func callsBLAS(
        plan: ConvolutionPlan?, input: SampleShape, level: CPULevel = .current
    ) throws -> Bool {
        let planner = NetworkPlanner(try network.description(input: input).graph())
        guard let plan else { return true }
        try planner.check(plan)
        return planner.callsBLAS(plan, level: level)
    }
}

extension Network {
    /// Whether training it on this machine calls OpenBLAS.
    var callsBLAS: Bool { NetworkPlanner(graph).callsBLAS(plan, level: .current) }
}

extension ConfiguredNetwork {
    /// Of this model's training on this machine.
    var cpuKind: CPUKind { .current(callsBLAS: network.callsBLAS) }
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

    /// Whether the CPU that trained calls OpenBLAS in a training of before kinds of CPU were recorded.
    /// Such a one is a `DigitCNN`'s, whose fully connected layers are the same for images of any size.
    ///
    /// - Throws: `ModelFileError.field`, `ConfigError`, `NetworkDescriptionError`.
    public func callsBLAS(level: CPULevel) throws -> Bool {
        try config().callsBLAS(
            plan: plan(), input: SampleShape(height: 28, width: 28, channels: 1), level: level)
    }

    /// The kinds of the training that goes on from here on this machine, as far as the checkpoint by
    /// itself tells: that a training calls OpenBLAS on this kind of CPU is known from it having done so.
    ///
    /// - Parameter acceptingOther: go on on another kind than trained last.
    /// - Throws: `TrainingError.otherCPU`; `ModelFileError.field`.
    @discardableResult
    public func cpuKindsGoingOn(acceptingOther: Bool) throws -> [CPUKind] {
        let last = try cpuKinds()?.last
        return try cpuKindsGoingOn(
            here: .current(callsBLAS: last.map { $0.blasCore != nil } ?? true),
            acceptingOther: acceptingOther)
    }

    /// The same where the samples are known.
    ///
    /// - Parameter input: of a sample.
    /// - Throws: as above; `ConfigError`, `NetworkDescriptionError`.
    public func cpuKindsGoingOn(
        input: SampleShape, acceptingOther: Bool
    ) throws -> [CPUKind] {
        try cpuKindsGoingOn(
            here: .current(callsBLAS: config().callsBLAS(plan: plan(), input: input)),
            acceptingOther: acceptingOther)
    }

    /// - Parameter here: the kind of CPU that goes on.
    func cpuKindsGoingOn(here: CPUKind, acceptingOther: Bool) throws -> [CPUKind] {
        guard let before = try cpuKinds(), let last = before.last else { return [here] }
        // Versions before counted some trainings among those that call OpenBLAS which don't.
        let isSame = last == here || here.blasCore == nil && last.level == here.level
        if isSame { return before }
        guard acceptingOther else {
            throw TrainingError.otherCPU(checkpoint: before.text, here: "\(here)")
        }
        return before + [here]
    }
}
