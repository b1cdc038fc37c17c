import Kernels

// How networks are written. A layer that doesn't fit its input, or has an option out of its range, is a
// `NetworkDescriptionError` that names it when the description's graph is made, not here. Shapes are
// those of a sample, `[H, W, C]`.

// MARK: - Convolutions and fully connected layers

extension LayerDescription {
    /// A 2-D convolution: torch.nn.Conv2d.
    ///
    /// `[H, W, C]` becomes `[outH, outW, channels]` with
    /// `outH = (H + 2·padding − dilation·(kernel − 1) − 1) / stride + 1`, rounded down; width likewise.
    ///
    /// - Parameters:
    ///   - name: its weights are `name.weight` and `name.bias`.
    ///   - channels: of the output.
    ///   - kernel: height and width, or one number for both; likewise stride, padding and dilation.
    ///   - padding: rows and columns of zeros on each side.
    ///   - groups: a divisor of the channels of input and output.
    ///   - bias: of little use in front of a batch norm, which takes it away again.
    ///   - initialization: of the weights; PyTorch's by default.
    /// - Note: an image smaller than the kernel, or a flattened one, is an error.
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

    /// A 2-D convolution that is called after its place, as in PyTorch's `nn.Sequential`.
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

    /// A convolution of each channel by itself: torch.nn.Conv2d with as many groups as input channels.
    ///
    /// `[H, W, C]` becomes `[outH, outW, C·multiplier]`; options as those of `conv2d`.
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

    /// A fully connected layer, x·Wᵀ + b: torch.nn.Linear. Features become `outputs` features.
    ///
    /// - Parameters:
    ///   - name: its weights are `name.weight` and `name.bias`.
    ///   - initialization: of the weights; PyTorch's by default.
    /// - Note: an image has to be flattened before.
    public static func linear(
        _ name: String, _ outputs: Int, bias: Bool = true,
        initialization: Initialization = .standard
    ) -> LayerDescription {
        linear(outputs, bias: bias, initialization: initialization).named(name)
    }

    /// A fully connected layer that is called after its place.
    public static func linear(
        _ outputs: Int, bias: Bool = true, initialization: Initialization = .standard
    ) -> LayerDescription {
        LayerDescription(
            .linear(
                FullyConnected(outputs: outputs, hasBias: bias, initialization: initialization)))
    }

    /// An image as features, in PyTorch's order C·H·W for the layers behind it: torch.nn.Flatten.
    public static let flatten = LayerDescription(.flatten)

    /// The same layer under another name.
    public func named(_ name: String) -> LayerDescription {
        LayerDescription(kind, name: name)
    }
}

// MARK: - Normalisations

extension LayerDescription {
    /// Normalises each channel over the batch: torch.nn.BatchNorm2d, and BatchNorm1d for features. The
    /// shape stays. Its state is `weight`, `bias`, `running_mean`, `running_var`,
    /// `num_batches_tracked`.
    ///
    /// - Parameters:
    ///   - epsilon: added to the variance; above 0.
    ///   - momentum: weight of the newest batch in the running statistics; from 0 to 1.
    /// - Note: a flattened image can't be normalised; put it before the flatten.
    public static func batchNorm(
        _ name: String? = nil, epsilon: Double = Defaults.epsilon,
        momentum: Double = Defaults.momentum
    ) -> LayerDescription {
        LayerDescription(
            .batchNorm(BatchNormalization(epsilon: epsilon, momentum: momentum)), name: name)
    }

    /// Normalises each sample over groups of channels: torch.nn.GroupNorm. The shape stays.
    ///
    /// - Parameters:
    ///   - groups: a divisor of the input's channels.
    ///   - epsilon: added to the variance; above 0.
    public static func groupNorm(
        _ name: String? = nil, groups: Int, epsilon: Double = Defaults.epsilon
    ) -> LayerDescription {
        LayerDescription(
            .groupNorm(GroupNormalization(groups: groups, epsilon: epsilon)), name: name)
    }

    /// Normalises each sample over all of its values, with a weight and a bias for each: torch.nn.LayerNorm
    /// of the sample's shape, which stays.
    ///
    /// - Parameter epsilon: added to the variance; above 0.
    public static func layerNorm(
        _ name: String? = nil, epsilon: Double = Defaults.epsilon
    ) -> LayerDescription {
        LayerDescription(.layerNorm(LayerNormalization(epsilon: epsilon)), name: name)
    }
}

// MARK: - Activations

/// Functions of each value, of any shape.
extension LayerDescription {
    /// max(0, x).
    public static let relu = LayerDescription(.activation(.relu))
    /// x, and slope · x below zero.
    public static func leakyReLU(slope: Double = Defaults.slope) -> LayerDescription {
        LayerDescription(.activation(.leakyReLU(slope: slope)))
    }
    /// x · Φ(x) with the normal distribution's Φ, exactly; `Activation.geluTanh` approximates it.
    public static let gelu = LayerDescription(.activation(.gelu))
    /// x · σ(x), also called swish.
    public static let silu = LayerDescription(.activation(.silu))
    /// 1 / (1 + e⁻ˣ).
    public static let sigmoid = LayerDescription(.activation(.sigmoid))
    /// The hyperbolic tangent.
    public static let tanh = LayerDescription(.activation(.tanh))
}

// MARK: - Pools and dropout

extension LayerDescription {
    /// The largest value of each window, by channel: torch.nn.MaxPool2d.
    ///
    /// `[H, W, C]` becomes `[outH, outW, C]` with `outH = (H + 2·padding − kernel) / stride + 1`, rounded
    /// down; width likewise. What lies outside of the image doesn't count.
    ///
    /// - Parameters:
    ///   - kernel: at most 256 pixels, such as 16×16.
    ///   - stride: the kernel's size when nil.
    ///   - padding: at most half of the kernel.
    public static func maxPool(
        _ kernel: HeightWidth, stride: HeightWidth? = nil, padding: HeightWidth = 0
    ) -> LayerDescription {
        LayerDescription(.maxPool(Pooling(kernel: kernel, stride: stride, padding: padding)))
    }

    /// The mean of each window, by channel, zeros of the padding counted: torch.nn.AvgPool2d. Shapes and
    /// options as those of `maxPool`.
    public static func averagePool(
        _ kernel: HeightWidth, stride: HeightWidth? = nil, padding: HeightWidth = 0
    ) -> LayerDescription {
        LayerDescription(.averagePool(Pooling(kernel: kernel, stride: stride, padding: padding)))
    }

    /// Means of windows that cover the image evenly: torch.nn.AdaptiveAvgPool2d. An image of any size
    /// becomes `[size.height, size.width, C]`.
    public static func adaptiveAveragePool(_ size: HeightWidth) -> LayerDescription {
        LayerDescription(.adaptiveAveragePool(height: size.height, width: size.width))
    }

    /// Each channel's mean over the image, `[1, 1, C]`.
    public static let globalAveragePool = adaptiveAveragePool(1)

    /// Sets values to zero in training and scales the others by 1 / (1 − rate): torch.nn.Dropout.
    ///
    /// - Parameter rate: the share of zeros; from 0 to below 1.
    public static func dropout(_ rate: Double) -> LayerDescription {
        LayerDescription(.dropout(rate: rate))
    }

    /// The same of whole channels of a sample's image: torch.nn.Dropout2d.
    public static func dropout2d(_ rate: Double) -> LayerDescription {
        LayerDescription(.dropout2d(rate: rate))
    }
}

// MARK: - Layers of layers

extension LayerDescription {
    /// Layers one after another under one name, which is in front of theirs: `name.0.weight`.
    public static func sequence(
        _ name: String, _ layers: [LayerDescription]
    ) -> LayerDescription {
        LayerDescription(.sequence(layers), name: name)
    }

    /// What `body` makes of the input, plus the input or what `shortcut` makes of it. Both give the same
    /// shape, which is the output's.
    ///
    /// Layers within are called after the block: `name.conv1`. One without a name is called after its
    /// branch and place, `name.branch0.2`.
    public static func residual(
        _ name: String, _ body: [LayerDescription], shortcut: [LayerDescription] = []
    ) -> LayerDescription {
        residual(body, shortcut: shortcut).named(name)
    }

    /// A residual block that is called after its place.
    public static func residual(
        _ body: [LayerDescription], shortcut: [LayerDescription] = []
    ) -> LayerDescription {
        LayerDescription(.add([body, shortcut]))
    }

    /// The sum of what each branch makes of the input; an empty one is the input itself. Two branches or
    /// more, all of the same shape; names as in `residual`.
    public static func add(_ name: String, _ branches: [[LayerDescription]]) -> LayerDescription {
        add(branches).named(name)
    }

    /// A sum that is called after its place.
    public static func add(_ branches: [[LayerDescription]]) -> LayerDescription {
        LayerDescription(.add(branches))
    }

    /// The channels of what each branch makes of the input, one branch's after another's: images of one
    /// height and width become one of the channels' sum. Names as in `residual`.
    public static func concat(
        _ name: String, _ branches: [[LayerDescription]]
    ) -> LayerDescription {
        concat(branches).named(name)
    }

    /// A concatenation that is called after its place.
    public static func concat(_ branches: [[LayerDescription]]) -> LayerDescription {
        LayerDescription(.concat(branches))
    }
}
