import Kernels

extension NetworkDescription {
    /// A multilayer perceptron: fully connected layers with ReLU between them.
    ///
    /// Its state is named as that of PyTorch's `nn.Sequential(nn.Flatten(), nn.Linear(…), nn.ReLU(), …)`.
    ///
    /// - Parameters:
    ///   - hidden: units of each hidden layer.
    ///   - dropout: share of each hidden layer's units dropped in training; no layer for 0.
    public static func mlp(
        input: SampleShape, hidden: [Int], outputs: Int, dropout: Double = 0
    ) -> NetworkDescription {
        NetworkDescription(
            input: input,
            [.flatten]
                + hidden.flatMap { units in
                    [LayerDescription.linear(units), .relu]
                        + (dropout > 0 ? [.dropout(dropout)] : [])
                } + [.linear(outputs)])
    }

    /// LeNet-5 with ReLU and max-pools, as it is usually written today.
    ///
    /// Source: LeCun, Bottou, Bengio, Haffner (1998), "Gradient-Based Learning Applied to Document
    /// Recognition", whose units were tanh and whose pools were averages with weights.
    ///
    /// - Parameter padding: of the first convolution; 2 for 28×28, as the paper's images were 32×32.
    public static func leNet5(
        input: SampleShape, classCount: Int, padding: HeightWidth = 2
    ) -> NetworkDescription {
        NetworkDescription(
            input: input,
            [
                .conv2d("conv1", 6, kernel: 5, padding: padding), .relu, .maxPool(2),
                .conv2d("conv2", 16, kernel: 5), .relu, .maxPool(2), .flatten,
                .linear("fc1", 120), .relu, .linear("fc2", 84), .relu, .linear("fc3", classCount),
            ])
    }

    /// A residual network in the form for small images: three stages of basic blocks at full, half and
    /// quarter size, with 1×1 convolutions in the shortcuts where shapes change.
    ///
    /// Source: He, Zhang, Ren, Sun (2016), "Deep Residual Learning for Image Recognition", section 4.2;
    /// shortcuts of its option B. Names are those of torchvision's ResNets.
    ///
    /// - Parameters:
    ///   - depth: 6·n + 2 layers: 20, 32, 44, 56, 110.
    ///   - width: channels of the first stage; 16 in the paper.
    /// - Precondition: `depth` is of that form.
    public static func resNet(
        input: SampleShape, depth: Int = 20, width: Int = 16, classCount: Int
    ) -> NetworkDescription {
        precondition(depth >= 8 && (depth - 2) % 6 == 0, "a depth of \(depth); expected 6·n + 2")
        var layers: [LayerDescription] = [
            .conv2d("conv1", width, kernel: 3, padding: 1, bias: false), .batchNorm("bn1"), .relu,
        ]
        for stage in 0..<3 {
            let channels = width << stage
            layers.append(
                .sequence(
                    "layer\(stage + 1)",
                    (0..<(depth - 2) / 6).flatMap { block in
                        basicBlock(
                            "\(block)", channels, halves: stage > 0 && block == 0)
                    }))
        }
        return NetworkDescription(
            input: input, layers + [.globalAveragePool, .flatten, .linear("fc", classCount)])
    }

    /// Two 3×3 convolutions and the shortcut around them.
    private static func basicBlock(
        _ name: String, _ channels: Int, halves: Bool
    ) -> [LayerDescription] {
        [
            .residual(
                name,
                [
                    .conv2d(
                        "conv1", channels, kernel: 3, stride: halves ? 2 : 1, padding: 1,
                        bias: false),
                    .batchNorm("bn1"), .relu,
                    .conv2d("conv2", channels, kernel: 3, padding: 1, bias: false),
                    .batchNorm("bn2"),
                ],
                shortcut: halves
                    ? [
                        .sequence(
                            "downsample",
                            [
                                .conv2d(channels, kernel: 1, stride: 2, bias: false), .batchNorm(),
                            ])
                    ] : []),
            LayerDescription(.activation(.relu), name: "\(name).relu"),
        ]
    }
}
