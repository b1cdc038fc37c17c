import Kernels

/// One layer of a network as a value: what it computes and what it is called, without memory or weights.
///
/// A network is written as an array of these, each working on the output of the one before:
///
///     [.conv2d("conv1", 32, kernel: 5, padding: 2), .batchNorm("bn1"), .relu, .maxPool(2),
///      .flatten, .linear("fc", 10)]
///
/// `residual`, `add` and `concat` hold arrays of their own and make it a graph. A layer with weights is
/// called what PyTorch would call it: by its name, or by its place in its array as in `nn.Sequential`;
/// layers within another one have that one's name and a point in front.
public struct LayerDescription: Sendable, Equatable {
    /// Of this layer in its array; nil for its place there.
    public var name: String?
    public var kind: Kind

    public init(_ kind: Kind, name: String? = nil) {
        self.name = name
        self.kind = kind
    }

    /// What a layer computes.
    public indirect enum Kind: Sendable, Equatable {
        case convolution(Convolution)
        case batchNorm(BatchNormalization)
        case groupNorm(GroupNormalization)
        case layerNorm(LayerNormalization)
        case activation(Activation)
        case maxPool(Pooling)
        case averagePool(Pooling)
        /// The mean of windows that cover the image evenly, to a size whatever the input's.
        case adaptiveAveragePool(height: Int, width: Int)
        /// Elements are zero with this probability in training.
        case dropout(rate: Double)
        /// Whole channels of a sample are.
        case dropout2d(rate: Double)
        case flatten
        case linear(FullyConnected)
        /// Layers one after another under one name.
        case sequence([LayerDescription])
        /// The sum of what each branch makes of the input; an empty branch is the input itself.
        case add([[LayerDescription]])
        /// The channels of what each branch makes of the input, one after another.
        case concat([[LayerDescription]])
        /// A user's own layer.
        case custom(CustomLayer)
    }

    /// A 2-D convolution: torch.nn.Conv2d.
    public struct Convolution: Sendable, Equatable {
        /// Channels of the output.
        public var channels: Int
        public var kernel: HeightWidth
        public var stride: HeightWidth
        public var padding: HeightWidth
        public var dilation: HeightWidth
        /// Groups of channels that are convolved apart from each other; as many as input channels for a
        /// depthwise convolution, which `depthwise` stands for whatever their number.
        public var groups: Int
        public var isDepthwise: Bool
        public var hasBias: Bool
        public var initialization: Initialization

        public init(
            channels: Int, kernel: HeightWidth, stride: HeightWidth = 1, padding: HeightWidth = 0,
            dilation: HeightWidth = 1, groups: Int = 1, isDepthwise: Bool = false,
            hasBias: Bool = true,
            initialization: Initialization = .standard
        ) {
            self.channels = channels
            self.kernel = kernel
            self.stride = stride
            self.padding = padding
            self.dilation = dilation
            self.groups = groups
            self.isDepthwise = isDepthwise
            self.hasBias = hasBias
            self.initialization = initialization
        }
    }

    /// A fully connected layer: torch.nn.Linear.
    public struct FullyConnected: Sendable, Equatable {
        public var outputs: Int
        public var hasBias: Bool
        public var initialization: Initialization

        public init(
            outputs: Int, hasBias: Bool = true, initialization: Initialization = .standard
        ) {
            self.outputs = outputs
            self.hasBias = hasBias
            self.initialization = initialization
        }
    }

    /// Normalisation of each channel over a batch: torch.nn.BatchNorm2d and BatchNorm1d.
    public struct BatchNormalization: Sendable, Equatable {
        public var epsilon: Double
        /// Weight of the newest batch in the running statistics.
        public var momentum: Double

        public init(epsilon: Double = 1e-5, momentum: Double = 0.1) {
            self.epsilon = epsilon
            self.momentum = momentum
        }
    }

    /// Normalisation of each sample over groups of channels: torch.nn.GroupNorm.
    public struct GroupNormalization: Sendable, Equatable {
        public var groups: Int
        public var epsilon: Double

        public init(groups: Int, epsilon: Double = 1e-5) {
            self.groups = groups
            self.epsilon = epsilon
        }
    }

    /// Normalisation of each sample over all of its elements: torch.nn.LayerNorm of the sample's shape.
    public struct LayerNormalization: Sendable, Equatable {
        public var epsilon: Double

        public init(epsilon: Double = 1e-5) { self.epsilon = epsilon }
    }

    /// Windows of a pool.
    public struct Pooling: Sendable, Equatable {
        public var kernel: HeightWidth
        public var stride: HeightWidth
        public var padding: HeightWidth

        /// - Parameter stride: the kernel's size when nil.
        public init(kernel: HeightWidth, stride: HeightWidth? = nil, padding: HeightWidth = 0) {
            self.kernel = kernel
            self.stride = stride ?? kernel
            self.padding = padding
        }
    }

    /// A function of each element.
    public enum Activation: Sendable, Equatable {
        case relu
        case leakyReLU(slope: Double)
        /// x · Φ(x), exactly.
        case gelu
        /// The same by the tanh approximation.
        case geluTanh
        case silu
        case sigmoid
        case tanh
    }
}

// MARK: - Writing networks

extension LayerDescription {
    public static func conv2d(
        _ name: String, _ channels: Int, kernel: HeightWidth, stride: HeightWidth = 1,
        padding: HeightWidth = 0, dilation: HeightWidth = 1, groups: Int = 1, bias: Bool = true,
        initialization: Initialization = .standard
    ) -> LayerDescription {
        conv2d(
            channels, kernel: kernel, stride: stride, padding: padding, dilation: dilation,
            groups: groups, bias: bias, initialization: initialization
        ).named(name)
    }

    /// Called after its place.
    public static func conv2d(
        _ channels: Int, kernel: HeightWidth, stride: HeightWidth = 1, padding: HeightWidth = 0,
        dilation: HeightWidth = 1, groups: Int = 1, bias: Bool = true,
        initialization: Initialization = .standard
    ) -> LayerDescription {
        LayerDescription(
            .convolution(
                Convolution(
                    channels: channels, kernel: kernel, stride: stride, padding: padding,
                    dilation: dilation, groups: groups, hasBias: bias,
                    initialization: initialization)))
    }

    /// A convolution of each channel by itself.
    ///
    /// - Parameter multiplier: output channels for each input channel.
    public static func depthwiseConv2d(
        _ name: String? = nil, multiplier: Int = 1, kernel: HeightWidth, stride: HeightWidth = 1,
        padding: HeightWidth = 0, dilation: HeightWidth = 1, bias: Bool = true,
        initialization: Initialization = .standard
    ) -> LayerDescription {
        LayerDescription(
            .convolution(
                Convolution(
                    channels: multiplier, kernel: kernel, stride: stride, padding: padding,
                    dilation: dilation, isDepthwise: true, hasBias: bias,
                    initialization: initialization)), name: name)
    }

    /// The same layer under another name.
    public func named(_ name: String) -> LayerDescription {
        LayerDescription(kind, name: name)
    }

    public static func batchNorm(
        _ name: String? = nil, epsilon: Double = 1e-5, momentum: Double = 0.1
    ) -> LayerDescription {
        LayerDescription(
            .batchNorm(BatchNormalization(epsilon: epsilon, momentum: momentum)), name: name)
    }

    public static func groupNorm(
        _ name: String? = nil, groups: Int, epsilon: Double = 1e-5
    ) -> LayerDescription {
        LayerDescription(
            .groupNorm(GroupNormalization(groups: groups, epsilon: epsilon)), name: name)
    }

    public static func layerNorm(
        _ name: String? = nil, epsilon: Double = 1e-5
    ) -> LayerDescription {
        LayerDescription(.layerNorm(LayerNormalization(epsilon: epsilon)), name: name)
    }

    public static let relu = LayerDescription(.activation(.relu))
    public static func leakyReLU(slope: Double = 0.01) -> LayerDescription {
        LayerDescription(.activation(.leakyReLU(slope: slope)))
    }
    public static let gelu = LayerDescription(.activation(.gelu))
    public static let silu = LayerDescription(.activation(.silu))
    public static let sigmoid = LayerDescription(.activation(.sigmoid))
    public static let tanh = LayerDescription(.activation(.tanh))

    /// - Parameter stride: the kernel's size when nil.
    public static func maxPool(
        _ kernel: HeightWidth, stride: HeightWidth? = nil, padding: HeightWidth = 0
    ) -> LayerDescription {
        LayerDescription(.maxPool(Pooling(kernel: kernel, stride: stride, padding: padding)))
    }

    /// - Parameter stride: the kernel's size when nil.
    public static func averagePool(
        _ kernel: HeightWidth, stride: HeightWidth? = nil, padding: HeightWidth = 0
    ) -> LayerDescription {
        LayerDescription(.averagePool(Pooling(kernel: kernel, stride: stride, padding: padding)))
    }

    public static func adaptiveAveragePool(_ size: HeightWidth) -> LayerDescription {
        LayerDescription(.adaptiveAveragePool(height: size.height, width: size.width))
    }

    /// Each channel's mean over the image.
    public static let globalAveragePool = adaptiveAveragePool(1)

    public static func dropout(_ rate: Double) -> LayerDescription {
        LayerDescription(.dropout(rate: rate))
    }

    public static func dropout2d(_ rate: Double) -> LayerDescription {
        LayerDescription(.dropout2d(rate: rate))
    }

    public static let flatten = LayerDescription(.flatten)

    public static func linear(
        _ name: String, _ outputs: Int, bias: Bool = true,
        initialization: Initialization = .standard
    ) -> LayerDescription {
        linear(outputs, bias: bias, initialization: initialization).named(name)
    }

    /// Called after its place.
    public static func linear(
        _ outputs: Int, bias: Bool = true, initialization: Initialization = .standard
    ) -> LayerDescription {
        LayerDescription(
            .linear(
                FullyConnected(outputs: outputs, hasBias: bias, initialization: initialization)))
    }

    public static func sequence(
        _ name: String, _ layers: [LayerDescription]
    ) -> LayerDescription {
        LayerDescription(.sequence(layers), name: name)
    }

    /// What `body` makes of the input, plus the input or what `shortcut` makes of it.
    public static func residual(
        _ name: String, _ body: [LayerDescription], shortcut: [LayerDescription] = []
    ) -> LayerDescription {
        LayerDescription(.add([body, shortcut]), name: name)
    }

    /// Called after its place.
    public static func residual(
        _ body: [LayerDescription], shortcut: [LayerDescription] = []
    ) -> LayerDescription {
        LayerDescription(.add([body, shortcut]))
    }

    /// The sum of what each branch makes of the input; an empty one is the input itself.
    public static func add(_ name: String, _ branches: [[LayerDescription]]) -> LayerDescription {
        LayerDescription(.add(branches), name: name)
    }

    /// Called after its place.
    public static func add(_ branches: [[LayerDescription]]) -> LayerDescription {
        LayerDescription(.add(branches))
    }

    /// The channels of what each branch makes of the input, one branch's after another's.
    public static func concat(
        _ name: String, _ branches: [[LayerDescription]]
    ) -> LayerDescription {
        LayerDescription(.concat(branches), name: name)
    }

    /// Called after its place.
    public static func concat(_ branches: [[LayerDescription]]) -> LayerDescription {
        LayerDescription(.concat(branches))
    }
}
