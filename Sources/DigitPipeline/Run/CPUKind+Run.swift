import Foundation
import Kernels
import Orchestration
import Training

extension CPUKind {
    /// The kind that a run's environment tells; nil where it doesn't.
    ///
    /// - Parameter callsBLAS: whether the run's training calls OpenBLAS on a CPU of that level.
    init?(
        environment: [String: String], callsBLAS: (CPULevel) throws -> Bool
    ) rethrows {
        guard let level = environment[RunEnvironment.cpuLevel].flatMap(CPULevel.init(rawValue:)),
            let core = environment[RunEnvironment.blasCore]
        else { return nil }
        self.init(level: level, blasCore: try callsBLAS(level) ? core : nil)
    }
}

extension RunConfig {
    /// Whether the training of this config calls OpenBLAS.
    ///
    /// - Throws: `NetworkDescriptionError` or `ConfigError` for a network that the data's images don't
    ///   fit into.
    func callsBLAS(_ data: RawData, level: CPULevel) throws -> Bool {
        var model = model
        model.network.classCount = data.classNames.count
        // Measuring may choose im2col: what isn't known beforehand counts as called.
        let plan =
            model.network.convolution == .measure
            ? nil
            : try model.plan(
                inputHeight: data.inputShape.height, inputWidth: data.inputShape.width,
                inputChannels: data.inputShape.channels)
        return try model.callsBLAS(plan: plan, input: data.inputShape, level: level)
    }
}

extension PipelineRun {
    /// The kind of CPU that a model made by this run was trained on.
    ///
    /// - Throws: `ConfigError` for a network that the data's images don't fit into.
    func modelVariant(_ data: RawData) throws -> AssetVariant {
        var network = config.model.network
        network.classCount = data.classNames.count
        try network.validate(for: data.inputShape)
        let here = CPUKind.current(callsBLAS: try config.callsBLAS(data, level: .current))
        let kinds =
            try resumption?.checkpoint.cpuKindsGoingOn(
                input: data.inputShape, acceptingOther: true) ?? [here]
        return AssetVariant(name: kinds.text, others: others) { [config] environment in
            try CPUKind(environment: environment) {
                try config.callsBLAS(data, level: $0)
            }?.description
        }
    }

    /// Whoever goes on with a training here isn't kept from it by another machine's model.
    private var others: AssetVariant.Others {
        if config.acceptOtherCPU { return .taken }
        return resumption == nil ? .refused : .ignored
    }
}

extension RawData {
    /// Of an image.
    var inputShape: SampleShape {
        SampleShape(
            height: imageShape[0], width: imageShape[1],
            channels: imageShape.count > 2 ? imageShape[2] : 1)
    }
}
