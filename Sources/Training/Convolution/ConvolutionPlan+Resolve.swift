import Kernels

extension ConvolutionPlan {
    /// The plan for a network, by what its config asks for.
    public static func resolved(
        _ config: ModelConfig, inputHeight: Int, inputWidth: Int
    ) -> ConvolutionPlan {
        switch config.convolution {
        case .im2col: .im2col
        case .winograd2: .winograd2
        case .winograd4: .winograd4
        case .auto: table(config, inputHeight: inputHeight, inputWidth: inputWidth)
        case .measure:
            fastest(
                ConvolutionTiming.measure(
                    config, inputHeight: inputHeight, inputWidth: inputWidth))
        }
    }

    /// The fixed choice by shape: the tile with the fewer products.
    ///
    /// Measured at all three levels of x86-64 (`tessera bench plan`), products are four fifths of a
    /// Winograd convolution's time and run at the same speed for both tiles, so their number decides,
    /// and both are faster than im2col at DigitCNN's shapes. It depends on nothing but shapes, and
    /// with it the bits of a training.
    public static func table(
        _ config: ModelConfig, inputHeight: Int, inputWidth: Int
    ) -> ConvolutionPlan {
        let tiles = DigitCNN.convolutions(
            config, inputHeight: inputHeight, inputWidth: inputWidth
        ).dropFirst().map { convolution in
            products(convolution.geometry, outputTile: 2)
                < products(convolution.geometry, outputTile: 4)
                ? ConvolutionAlgorithm.winograd2 : .winograd4
        }
        return ConvolutionPlan(conv1: .direct, conv2: tiles[0], conv3: tiles[1])
    }

    private static func products(_ geometry: ConvolutionGeometry, outputTile: Int) -> Int {
        let winograd = WinogradGeometry(geometry, outputTile: outputTile)
        return winograd.neededElementCount
    }

    /// The fastest plan by timings. The blocks of a network are fused or none is: im2col is chosen
    /// for all convolutions if it wins over the best of the others together.
    public static func fastest(_ timings: [ConvolutionTiming]) -> ConvolutionPlan {
        func best(_ layer: String, among algorithms: [ConvolutionAlgorithm]) -> ConvolutionTiming {
            timings.filter { $0.layer == layer && algorithms.contains($0.algorithm) }
                .min { $0.total < $1.total }!
        }
        let layers = ["conv1", "conv2", "conv3"]
        let fused = layers.map { best($0, among: [.direct, .winograd2, .winograd4]) }
        let plain = layers.map { best($0, among: [.im2col]) }
        func total(_ timings: [ConvolutionTiming]) -> Double {
            timings.reduce(0) { $0 + $1.total }
        }
        guard total(fused) < total(plain) else { return .im2col }
        return ConvolutionPlan(
            conv1: fused[0].algorithm, conv2: fused[1].algorithm, conv3: fused[2].algorithm)
    }
}
