import Kernels

/// Which network is trained, its sizes, and how its convolutions are computed. Each kind reads the sizes
/// that are its own.
public struct NetworkConfig: Sendable, Equatable {
    public var kind = NetworkKind.digitCNN
    // MARK: DigitCNN
    public var conv1Channels = 32
    public var conv2Channels = 64
    public var conv3Channels = 128
    /// Share of conv2's channels dropped in training (Dropout2d).
    public var dropout1Rate = 0.1
    /// Share of the first hidden layer's units dropped in training.
    public var dropout2Rate = 0.2
    /// Units of the first hidden layer; the second has half as many.
    public var hiddenSize = 256
    public var useBatchNorm = true
    // MARK: Others
    /// Units of each hidden layer of a multilayer perceptron.
    public var hidden = [512, 512]
    /// Layers of a residual network: 6·n + 2.
    public var depth = 20
    /// Channels of a residual network's first stage.
    public var width = 16
    // MARK: All
    /// Comes from the data, never from a user.
    public var classCount = 10
    /// Configs written before this key existed mean `.auto`.
    public var convolution = ConvolutionChoice.auto

    public init() {}
}

extension NetworkConfig {
    public static let keys: [ConfigKey<NetworkConfig>] = ConfigKey.group(
        .network, digitCNNKeys + [kindKey, hiddenKey, depthKey, widthKey, convolutionKey])

    private static let digitCNNKeys = [
        ConfigKey<NetworkConfig>.integer(
            "conv1_channels", \.conv1Channels, 1...4096, "channels of the first convolution"),
        .integer("conv2_channels", \.conv2Channels, 1...4096, "channels of the second convolution"),
        .integer("conv3_channels", \.conv3Channels, 1...4096, "channels of the third convolution"),
        .number("dropout1_rate", \.dropout1Rate, .belowOne, "share of conv2's channels dropped"),
        .number(
            "dropout2_rate", \.dropout2Rate, .belowOne, "share of the first hidden units dropped"),
        .integer(
            "hidden_size", \.hiddenSize, 2...65536, multipleOf: 2,
            "units of the first hidden layer; the second has half"),
        .boolean("use_batch_norm", \.useBatchNorm, "batch norm after each convolution"),
    ].map { $0.read { $0.kind == .digitCNN } }

    private static let hiddenKey = ConfigKey<NetworkConfig>.text(
        "hidden", \.hidden, allowed: "units of one to sixteen layers, such as 512,512",
        reading: hiddenSizes, writing: hiddenText, "mlp: units of each hidden layer"
    ).read { $0.kind == .mlp }.addedLater()

    private static let widthKey = ConfigKey<NetworkConfig>.integer(
        "width", \.width, 1...1024, "resnet: channels of the first stage"
    ).read { $0.kind == .resNet }.addedLater()

    public static let kindKey = ConfigKey<NetworkConfig>.text(
        "network", \.kind,
        allowed: "one of \(NetworkKind.names.joined(separator: ", ")), or a list of layers",
        reading: NetworkKind.init(reading:), writing: \.description,
        "what is trained; the sizes above are digitcnn's"
    ).affecting(.network).addedLater()

    private static let depthKey = ConfigKey<NetworkConfig>.integer(
        "depth", \.depth, 8...1202, "resnet: layers, 6·n + 2, such as 20, 32 and 44"
    ).read { $0.kind == .resNet }.addedLater()

    public static let convolutionKey = ConfigKey<NetworkConfig>.choice(
        "conv", \.convolution,
        "how convolutions are computed: auto goes by the kind of CPU, measure by what is fastest now"
    ).affecting(.network)

    /// In files; users have no say in it.
    static let classCountKey = ConfigKey<NetworkConfig>.integer(
        "class_count", \.classCount, 2...65536, "classes that are told apart"
    ).affecting(.network)
}

extension NetworkConfig {
    /// `512,512`
    @Sendable private static func hiddenText(_ sizes: [Int]) -> String {
        sizes.map(String.init).joined(separator: ",")
    }

    @Sendable private static func hiddenSizes(_ text: String) throws(ConfigTextError) -> [Int] {
        let sizes = text.split(separator: ",", omittingEmptySubsequences: false).map {
            Int($0.trimmingPrefix { $0 == " " })
        }
        let valid = sizes.compactMap(\.self).filter((1...65536).contains)
        guard (1...16).contains(valid.count), valid.count == sizes.count else {
            throw ConfigTextError()
        }
        return valid
    }

    func validateDepth() throws {
        guard kind == .resNet, (depth - 2) % 6 != 0 else { return }
        let nearest = depth - (depth - 2) % 6
        throw ConfigError.impossibleValue(
            key: Self.depthKey.name, value: "\(depth)",
            allowed: "6·n + 2 layers, such as \(nearest) or \(nearest + 6)")
    }

    /// The network, for samples of a shape; whether they fit into it is told by its graph.
    ///
    /// - Throws: `ConfigError` for a depth that no residual network has.
    public func description(input: SampleShape) throws -> NetworkDescription {
        try validateDepth()
        return switch kind {
        case .digitCNN:
            .digitCNN(
                input: input, channels: (conv1Channels, conv2Channels, conv3Channels),
                hiddenSize: hiddenSize, classCount: classCount, batchNorm: useBatchNorm,
                dropoutRates: (dropout1Rate, dropout2Rate))
        case .mlp: .mlp(input: input, hidden: hidden, outputs: classCount)
        case .leNet5:
            // As the paper's images were 32×32, MNIST's are padded to that.
            .leNet5(input: input, classCount: classCount, padding: input.height < 32 ? 2 : 0)
        case .resNet: .resNet(input: input, depth: depth, width: width, classCount: classCount)
        case .layers(let layers): NetworkDescription(input: input, layers)
        }
    }

    /// The network's graph, for samples of a shape.
    ///
    /// - Throws: `ConfigError` for a network that can't be written, or naming the layer into which images of
    ///   that shape don't fit.
    @discardableResult
    public func graph(input: SampleShape) throws -> NetworkGraph {
        if let problem = kind.problem { throw impossible(problem) }
        do { return try description(input: input).graph() } catch let error
            as NetworkDescriptionError
        {
            throw impossible(
                "a network that images of \(input.height)×\(input.width) fit into; \(error)")
        }
    }

    /// Checks that images of a shape fit into the network, and that it tells as many classes apart as there
    /// are.
    ///
    /// - Throws: `ConfigError`, naming the layer at fault.
    public func validate(for input: SampleShape) throws {
        let outputs = try graph(input: input).outputShape.count
        guard outputs == classCount else {
            throw impossible(
                "a network whose last layer has an output for each of the \(classCount) classes, not "
                    + "\(outputs)")
        }
    }

    private func impossible(_ allowed: String) -> ConfigError {
        .impossibleValue(
            key: Self.kindKey.name, value: kind.isList ? "[…]" : kind.name, allowed: allowed)
    }
}
