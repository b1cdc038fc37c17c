import Kernels

/// The network of a configuration, of whichever kind it names, with its weights.
///
/// Its state has the names and shapes of the same network's `state_dict` in PyTorch.
public final class ConfiguredNetwork {
    public let config: ModelConfig
    public let network: Network

    public var inputShape: SampleShape { network.inputShape }
    /// How its convolutions are computed.
    public var plan: ConvolutionPlan { network.plan }
    /// Trainable values; 455,754 with the default config.
    public var parameterCount: Int { network.parameterCount }

    /// Builds the network and draws PyTorch's default initialisation from `config.seed`.
    ///
    /// - Parameter plan: what the config asks for if nil.
    /// - Throws: `ConfigError` for a network that the images don't fit into, or that can't be written;
    ///   `NetworkDescriptionError` for a plan that doesn't fit it.
    public convenience init(
        config: ModelConfig, inputHeight: Int = 28, inputWidth: Int = 28, inputChannels: Int = 1,
        plan: ConvolutionPlan? = nil, pool: WorkerPool
    ) throws {
        let input = SampleShape(height: inputHeight, width: inputWidth, channels: inputChannels)
        try config.network.graph(input: input)
        try self.init(
            config: config, network: config.network.description(input: input), plan: plan,
            pool: pool)
    }

    /// A network that is described apart from the config that it was trained by.
    ///
    /// - Throws: `NetworkDescriptionError`.
    init(
        config: ModelConfig, network: NetworkDescription, plan: ConvolutionPlan?, pool: WorkerPool
    ) throws {
        self.config = config
        self.network = try Network(
            network, seed: config.seed,
            plan: plan ?? ConvolutionPlan.resolved(config.network.convolution, network), pool: pool)
    }
}

extension ModelConfig {
    /// The network that it describes, for images of a size.
    ///
    /// - Throws: `ConfigError`, as `NetworkConfig.description`.
    public func network(
        inputHeight: Int, inputWidth: Int, inputChannels: Int = 1
    ) throws -> NetworkDescription {
        try network.description(
            input: SampleShape(
                height: inputHeight, width: inputWidth, channels: inputChannels))
    }

    /// How its convolutions are computed.
    ///
    /// - Throws: `ConfigError`; `NetworkDescriptionError` for a network that the images don't fit into.
    public func plan(
        inputHeight: Int, inputWidth: Int, inputChannels: Int = 1
    ) throws -> ConvolutionPlan {
        try ConvolutionPlan.resolved(
            network.convolution,
            network(
                inputHeight: inputHeight, inputWidth: inputWidth, inputChannels: inputChannels))
    }
}
