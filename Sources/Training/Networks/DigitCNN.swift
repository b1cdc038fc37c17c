import Kernels

extension NetworkDescription {
    /// The digit classifier: three convolution blocks and three fully connected layers.
    ///
    ///     conv1 5×5 → BN → ReLU → max-pool 2
    ///     conv2 5×5 → BN → ReLU → max-pool 2 → Dropout2d
    ///     conv3 3×3 → BN → ReLU → adaptive average pool 3×3
    ///     flatten → fc1 → ReLU → Dropout → fc2 → ReLU → fc3
    ///
    /// Its two pools ask for images of at least 4×4.
    public static func digitCNN(
        input: SampleShape = SampleShape(height: 28, width: 28, channels: 1),
        channels: (Int, Int, Int) = (32, 64, 128), hiddenSize: Int = 256, classCount: Int = 10,
        batchNorm: Bool = true, dropoutRates: (convolution: Double, hidden: Double) = (0.1, 0.2)
    ) -> NetworkDescription {
        func block(
            _ number: Int, _ channels: Int, kernel: HeightWidth, padding: HeightWidth
        ) -> [LayerDescription] {
            [.conv2d("conv\(number)", channels, kernel: kernel, padding: padding)]
                + (batchNorm ? [.batchNorm("bn\(number)")] : []) + [.relu]
        }
        return NetworkDescription(
            input: input,
            block(1, channels.0, kernel: 5, padding: 2) + [.maxPool(2)]
                + block(2, channels.1, kernel: 5, padding: 2)
                + [.maxPool(2), .dropout2d(dropoutRates.convolution)]
                + block(3, channels.2, kernel: 3, padding: 1)
                + [
                    .adaptiveAveragePool(3), .flatten,
                    .linear("fc1", hiddenSize), .relu, .dropout(dropoutRates.hidden),
                    .linear("fc2", hiddenSize / 2), .relu, .linear("fc3", classCount),
                ])
    }
}
