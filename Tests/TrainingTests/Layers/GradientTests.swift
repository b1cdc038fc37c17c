import Kernels
import TestSupport
import Testing
import Training
import TrainingTestSupport

/// Every layer's backward against finite differences, on lopsided shapes and DigitCNN's own kinds.
@Suite struct GradientTests {
    @Test(arguments: [
        // height, width, in, out, kH, kW, stride, padding
        [5, 4, 2, 3, 3, 3, 1, 1], [7, 6, 3, 4, 5, 5, 1, 2], [6, 9, 1, 5, 5, 5, 1, 2],
        [8, 5, 2, 3, 3, 2, 2, 1], [4, 7, 3, 2, 1, 3, 1, 0], [9, 9, 2, 2, 4, 3, 3, 2],
    ])
    func conv2d(_ s: [Int]) {
        let geometry = ConvolutionGeometry(
            input: SampleShape(height: s[0], width: s[1], channels: s[2]), outputChannels: s[3],
            kernelHeight: s[4], kernelWidth: s[5], stride: s[6], padding: s[7])
        gradientCheck(Conv2d(name: "conv", geometry: geometry), sampleCount: 3, seed: 21)
    }

    @Test func conv2dOverSeveralChunks() {
        let geometry = ConvolutionGeometry(
            input: SampleShape(height: 3, width: 4, channels: 2), outputChannels: 3,
            kernelHeight: 3, kernelWidth: 3, padding: 1)
        gradientCheck(Conv2d(name: "conv", geometry: geometry), sampleCount: 19, seed: 22)
    }

    @Test(arguments: [(17, 17, 1), (6, 6, 2), (5, 15, 1), (3, 6, 2), (6, 9, 3), (40, 40, 1)])
    func depthwiseAndGroupedConv2d(_ s: (inputs: Int, outputs: Int, stride: Int)) {
        for (kernel, dilation, groups) in [(3, 1, s.inputs), (2, 2, 3), (1, 1, 3)]
        where s.inputs % groups == 0 && s.outputs % groups == 0 {
            let geometry = ConvolutionGeometry(
                input: SampleShape(height: 4, width: 6, channels: s.inputs),
                outputChannels: s.outputs, kernelSize: kernel, stride: s.stride, padding: 1,
                dilation: dilation, groups: groups)
            gradientCheck(
                Conv2d(name: "conv", geometry: geometry, hasBias: groups != 3), sampleCount: 2,
                seed: 35)
        }
    }

    @Test(arguments: [BatchNorm2d.Tail.none, .relu, .reluAndMaxPool])
    func batchNorm2d(tail: BatchNorm2d.Tail) {
        for (height, width, channels, samples) in [(4, 6, 3, 5), (5, 7, 2, 11), (2, 2, 37, 3)] {
            let shape = SampleShape(height: height, width: width, channels: channels)
            // Kinks of ReLU and ties of the pool spoil single differences: the values lie apart,
            // and the step is small against their distance. Steps of γ and β move all of a channel,
            // so smaller ones meet fewer kinks.
            let x = separatedValues(samples * shape.count, gap: 0.01, seed: 23)
            gradientCheck(
                BatchNorm2d(name: "bn", shape, tail: tail), sampleCount: samples, input: x,
                seed: 24, step: tail == .none ? 4e-3 : 1e-3, tolerance: tail == .none ? 1e-3 : 1e-2)
        }
    }

    @Test func relu() {
        let shape = SampleShape(height: 3, width: 5, channels: 2)
        gradientCheck(
            ReLU(shape), sampleCount: 4, input: separatedValues(4 * shape.count, seed: 25), seed: 26
        )
    }

    @Test(arguments: [[4, 6, 2, 2], [5, 7, 2, 2], [7, 5, 3, 2], [6, 6, 3, 3]])
    func maxPool2d(_ s: [Int]) {
        let shape = SampleShape(height: s[0], width: s[1], channels: 3)
        gradientCheck(
            MaxPool2d(shape, kernelSize: s[2], stride: s[3]), sampleCount: 3,
            input: separatedValues(3 * shape.count, seed: 27), seed: 28)
    }

    @Test func paddedPools() {
        for (channels, kernel, stride, padding) in [
            (3, HeightWidth(3), HeightWidth(2), HeightWidth(1)),
            (17, HeightWidth(height: 2, width: 5), HeightWidth(height: 3, width: 1), 1),
        ] {
            let shape = SampleShape(height: 5, width: 6, channels: channels)
            let geometry = PoolGeometry(shape, kernel: kernel, stride: stride, padding: padding)
            gradientCheck(
                MaxPool2d(geometry), sampleCount: 2,
                input: separatedValues(2 * shape.count, gap: 0.02, seed: 36), seed: 37, step: 8e-3)
            for countsPadding in [true, false] {
                gradientCheck(
                    AvgPool2d(geometry, countsPadding: countsPadding), sampleCount: 2, seed: 38)
            }
        }
    }

    @Test func groupNorm() {
        for (height, width, channels, groups) in [
            (4, 3, 6, 3), (1, 1, 34, 2), (3, 5, 17, 17), (2, 2, 3, 1),
        ] {
            let shape = SampleShape(height: height, width: width, channels: channels)
            gradientCheck(
                GroupNorm(name: "norm", shape, groups: groups), sampleCount: 9, seed: 42,
                tolerance: 2e-3)
            gradientCheck(
                GroupNorm(name: "norm", shape, groups: groups, epsilon: 0.1, affine: false),
                sampleCount: 2, seed: 43)
        }
    }

    @Test func layerNorm() {
        for shape in [
            SampleShape(features: 17), SampleShape(features: 3),
            SampleShape(height: 3, width: 4, channels: 5),
        ] {
            gradientCheck(
                LayerNorm(name: "norm", shape), sampleCount: 9, seed: 44, tolerance: 2e-3)
            gradientCheck(
                LayerNorm(name: "norm", shape, epsilon: 0.1, affine: false), sampleCount: 2,
                seed: 45)
        }
    }

    @Test func batchNormOfFeatures() {
        gradientCheck(
            BatchNorm2d(name: "bn", SampleShape(features: 17), epsilon: 0.01, momentum: 0.3),
            sampleCount: 19, seed: 46)
    }

    @Test func linearWithoutBias() {
        let layer = Linear(
            name: "fc", input: SampleShape(features: 17), outputCount: 3, hasBias: false)
        #expect(layer.parameters.map(\.name) == ["fc.weight"])
        gradientCheck(layer, sampleCount: 9, seed: 47)
    }

    @Test func activations() {
        let shape = SampleShape(height: 3, width: 5, channels: 17)
        let layers: [any Layer] = [
            Sigmoid(shape), Tanh(shape), SiLU(shape), GELU(shape), GELU(shape, form: .tanh),
        ]
        for layer in layers { gradientCheck(layer, sampleCount: 9, seed: 39) }
        for slope in [0, 0.01, -0.5] {
            gradientCheck(
                LeakyReLU(shape, slope: slope), sampleCount: 9,
                input: separatedValues(9 * shape.count, seed: 40), seed: 41)
        }
    }

    @Test(arguments: [[7, 7, 3, 3], [5, 8, 3, 2], [2, 3, 3, 3], [6, 4, 1, 1]])
    func adaptiveAvgPool2d(_ s: [Int]) {
        let shape = SampleShape(height: s[0], width: s[1], channels: 3)
        gradientCheck(
            AdaptiveAvgPool2d(shape, outputHeight: s[2], outputWidth: s[3]), sampleCount: 3,
            seed: 29)
    }

    @Test(arguments: [0, 0.3, 0.75])
    func dropout(rate: Double) {
        let shape = SampleShape(height: 3, width: 2, channels: 5)
        gradientCheck(Dropout(shape, rate: rate, seed: 9, index: 0), sampleCount: 11, seed: 30)
        gradientCheck(Dropout2d(shape, rate: rate, seed: 9, index: 1), sampleCount: 11, seed: 31)
    }

    @Test func flatten() {
        gradientCheck(
            Flatten(SampleShape(height: 2, width: 3, channels: 4)), sampleCount: 3, seed: 32)
    }

    @Test func linear() {
        gradientCheck(
            Linear(name: "fc", input: SampleShape(features: 7), outputCount: 5), sampleCount: 9,
            seed: 33)
        gradientCheck(
            Linear(
                name: "fc", input: SampleShape(height: 2, width: 3, channels: 4), outputCount: 35),
            sampleCount: 5, seed: 34)
    }
}
