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
    /// What it computes, with its options.
    public var kind: Kind

    /// The factories (`conv2d`, `linear`, …) write the same shorter.
    public init(_ kind: Kind, name: String? = nil) {
        self.name = name
        self.kind = kind
    }

    /// What options are where nothing else is said: as in PyTorch 2.15.
    public enum Defaults {
        /// Added to the variance by which a normalisation divides.
        public static let epsilon = 1e-5
        /// Weight of the newest batch in a batch norm's running statistics.
        public static let momentum = 0.1
        /// Of a leaky ReLU, for values below zero.
        public static let slope = 0.01
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
        /// Channels of the output; of a depthwise convolution for each channel of the input.
        public var channels: Int
        /// Rows and columns of taps.
        public var kernel: HeightWidth
        /// Pixels of the input from one output to the next.
        public var stride: HeightWidth
        /// Rows and columns of zeros on each side.
        public var padding: HeightWidth
        /// Pixels of the input from one tap to the next.
        public var dilation: HeightWidth
        /// Groups of channels that are convolved apart from each other; as many as input channels for a
        /// depthwise convolution, which `depthwise` stands for whatever their number.
        public var groups: Int
        /// Whether each channel has kernels of its own; `groups` doesn't count then.
        public var isDepthwise: Bool
        public var hasBias: Bool
        /// Of the weights; the bias is drawn as PyTorch draws it with `.standard`, and zero otherwise.
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
        /// Features of the output.
        public var outputs: Int
        public var hasBias: Bool
        /// Of the weights; the bias is drawn as PyTorch draws it with `.standard`, and zero otherwise.
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
        /// Added to the variance.
        public var epsilon: Double
        /// Weight of the newest batch in the running statistics.
        public var momentum: Double

        public init(epsilon: Double = Defaults.epsilon, momentum: Double = Defaults.momentum) {
            self.epsilon = epsilon
            self.momentum = momentum
        }
    }

    /// Normalisation of each sample over groups of channels: torch.nn.GroupNorm.
    public struct GroupNormalization: Sendable, Equatable {
        /// A divisor of the input's channels.
        public var groups: Int
        /// Added to the variance.
        public var epsilon: Double

        public init(groups: Int, epsilon: Double = Defaults.epsilon) {
            self.groups = groups
            self.epsilon = epsilon
        }
    }

    /// Normalisation of each sample over all of its elements: torch.nn.LayerNorm of the sample's shape.
    public struct LayerNormalization: Sendable, Equatable {
        /// Added to the variance.
        public var epsilon: Double

        public init(epsilon: Double = Defaults.epsilon) { self.epsilon = epsilon }
    }

    /// Windows of a pool: torch.nn.MaxPool2d and AvgPool2d, which counts the zeros of its padding.
    public struct Pooling: Sendable, Equatable {
        public var kernel: HeightWidth
        public var stride: HeightWidth
        /// At most half of the kernel.
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
        /// x, and slope · x below zero.
        case leakyReLU(slope: Double)
        /// x · Φ(x), exactly.
        case gelu
        /// The same by the tanh approximation.
        case geluTanh
        /// x · σ(x).
        case silu
        case sigmoid
        case tanh
    }
}
