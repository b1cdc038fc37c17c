import ArgumentParser
import Kernels
import Training

/// The networks that are compared; `peers/torch_networks.py` has the same in PyTorch.
enum BenchmarkNetwork: String, CaseIterable, ExpressibleByArgument {
    case mlp, lenet5, resnet20, depthwise, digitcnn

    private static let digit = SampleShape(height: 28, width: 28, channels: 1)
    private static let picture = SampleShape(height: 32, width: 32, channels: 3)
    static let classCount = 10

    var description: NetworkDescription {
        let classCount = Self.classCount
        return switch self {
        case .mlp: .mlp(input: Self.digit, hidden: [512, 512], outputs: classCount)
        case .lenet5: .leNet5(input: Self.digit, classCount: classCount)
        case .resnet20: .resNet(input: Self.picture, depth: 20, width: 16, classCount: classCount)
        case .depthwise: Self.depthwiseNetwork
        case .digitcnn: .digitCNN()
        }
    }

    /// Depthwise separable convolutions in the manner of MobileNet, for 32×32 images: 3×3 by channel,
    /// then 1×1 over channels, each with batch norm and ReLU.
    ///
    /// Source: Howard et al. (2017), "MobileNets: Efficient Convolutional Neural Networks for Mobile
    /// Vision Applications", section 3.
    private static var depthwiseNetwork: NetworkDescription {
        NetworkDescription(
            input: picture,
            [
                .conv2d("conv1", 32, kernel: 3, padding: 1, bias: false), .batchNorm("bn1"), .relu,
                separable("block1", 64), separable("block2", 128, stride: 2),
                separable("block3", 128), separable("block4", 256, stride: 2),
                separable("block5", 256), .globalAveragePool, .flatten, .linear("fc", classCount),
            ])
    }

    private static func separable(
        _ name: String, _ channels: Int, stride: HeightWidth = 1
    ) -> LayerDescription {
        .sequence(
            name,
            [
                .depthwiseConv2d("depthwise", kernel: 3, stride: stride, padding: 1, bias: false),
                .batchNorm("bn1"), .relu,
                .conv2d("pointwise", channels, kernel: 1, bias: false), .batchNorm("bn2"), .relu,
            ])
    }
}
