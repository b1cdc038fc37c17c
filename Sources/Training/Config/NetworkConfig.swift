/// DigitCNN's sizes, and how its convolutions are computed.
public struct NetworkConfig: Sendable, Equatable {
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
    /// Comes from the data, never from a user.
    public var classCount = 10
    /// Configs written before this key existed mean `.auto`.
    public var convolution = ConvolutionChoice.auto

    public init() {}
}

extension NetworkConfig {
    public static let keys: [ConfigKey<NetworkConfig>] = ConfigKey.group(
        .network,
        [
            .integer(
                "conv1_channels", \.conv1Channels, 1...4096, "channels of the first convolution"),
            .integer(
                "conv2_channels", \.conv2Channels, 1...4096, "channels of the second convolution"),
            .integer(
                "conv3_channels", \.conv3Channels, 1...4096, "channels of the third convolution"),
            .number(
                "dropout1_rate", \.dropout1Rate, .belowOne, "share of conv2's channels dropped"),
            .number(
                "dropout2_rate", \.dropout2Rate, .belowOne,
                "share of the first hidden units dropped"),
            .integer(
                "hidden_size", \.hiddenSize, 2...65536, multipleOf: 2,
                "units of the first hidden layer; the second has half"),
            .boolean("use_batch_norm", \.useBatchNorm, "batch norm after each convolution"),
            convolutionKey,
        ])

    public static let convolutionKey = ConfigKey<NetworkConfig>.choice(
        "conv", \.convolution,
        "how convolutions are computed: auto goes by the kind of CPU, measure by what is fastest now"
    ).affecting(.network)

    /// In files; users have no say in it.
    static let classCountKey = ConfigKey<NetworkConfig>.integer(
        "class_count", \.classCount, 2...65536, "classes that are told apart"
    ).affecting(.network)
}
