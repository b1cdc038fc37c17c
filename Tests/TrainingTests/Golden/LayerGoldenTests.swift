import Kernels
import LinearAlgebra
import TestSupport
import Testing
import TrainingTestSupport

@testable import Training

/// Every layer forward and backward against PyTorch's float64.
@Suite struct LayerGoldenTests {
    static let goldens = GoldenTensors("layers.safetensors")

    @Test(arguments: [
        // padding, stride
        ("conv_k5", 2, 1), ("conv_k5_one_channel", 2, 1), ("conv_k3", 1, 1),
        ("conv_k3_no_bias", 1, 1), ("conv_stride2", 1, 2), ("conv_stride2_k5", 2, 2),
        ("conv_k3x5", 1, 1), ("conv_no_padding", 0, 1), ("conv_k1", 0, 1),
    ])
    func conv2d(name: String, padding: Int, stride: Int) {
        let weight = Self.goldens.shape("\(name).weight")
        let geometry = ConvolutionGeometry(
            input: Self.goldens.sampleShape("\(name).input"), outputChannels: weight[0],
            kernelHeight: weight[2], kernelWidth: weight[3], stride: stride, padding: padding)
        check(name, Conv2d(name: "conv", geometry: geometry))
    }

    @Test(arguments: [
        ("norm", BatchNorm2d.Tail.none), ("norm_far_mean", .none), ("norm_relu", .relu),
        ("norm_relu_pool", .reluAndMaxPool), ("norm_relu_pool_odd", .reluAndMaxPool),
    ])
    func batchNorm2d(name: String, tail: BatchNorm2d.Tail) {
        let layer = batchNorm(name, tail)
        // Float32 inputs of 100 ± 1 leave the normalised value that much uncertainty.
        let absolute: Float = name == "norm_far_mean" ? 4e-5 : 5e-6
        check(name, layer, absolute: absolute)
        assertClose(
            layer.runningMean.array, Self.goldens.floats("\(name).running_mean_after"),
            relative: 1e-6)
        assertClose(
            layer.runningVariance.array, Self.goldens.floats("\(name).running_var_after"),
            relative: 2e-6)
    }

    @Test func batchNorm2dInEvaluation() {
        let name = "norm_evaluation"
        let layer = batchNorm(name, .none)
        setParameters(name, layer)
        let before = layer.runningMean.array + layer.runningVariance.array
        let harness = LayerHarness(layer, sampleCount: Self.goldens.shape("\(name).input")[0])
        let output = harness.forward(Self.goldens.channelsLast("\(name).input"), mode: .evaluation)
        assertClose(
            output, Self.goldens.channelsLast("\(name).output"), relative: 1e-5, absolute: 2e-6)
        #expect(layer.runningMean.array + layer.runningVariance.array == before)
    }

    private func batchNorm(_ name: String, _ tail: BatchNorm2d.Tail) -> BatchNorm2d {
        let layer = BatchNorm2d(
            name: "bn", Self.goldens.sampleShape("\(name).input"), tail: tail)
        layer.runningMean.update(from: Self.goldens.floats("\(name).running_mean_before"))
        layer.runningVariance.update(from: Self.goldens.floats("\(name).running_var_before"))
        return layer
    }

    @Test func relu() {
        check("relu", ReLU(Self.goldens.sampleShape("relu.input")))
    }

    @Test(arguments: [("max_pool", 2), ("max_pool_odd", 2), ("max_pool_k3_s2", 3)])
    func maxPool2d(name: String, kernelSize: Int) {
        let shape = Self.goldens.sampleShape("\(name).input")
        check(name, MaxPool2d(shape, kernelSize: kernelSize, stride: 2))
    }

    @Test(arguments: ["7_to_3", "5x8_to_3x2", "same", "up", "to_1"])
    func adaptiveAvgPool2d(suffix: String) {
        let name = "adaptive_pool_\(suffix)"
        let output = Self.goldens.sampleShape("\(name).output")
        check(
            name,
            AdaptiveAvgPool2d(
                Self.goldens.sampleShape("\(name).input"), outputHeight: output.height,
                outputWidth: output.width))
    }

    @Test(arguments: ["linear", "linear_no_bias", "linear_of_image"])
    func linear(name: String) {
        check(
            name,
            Linear(
                name: "fc", input: Self.goldens.sampleShape("\(name).input"),
                outputCount: Self.goldens.shape("\(name).weight")[0]))
    }

    /// The layers draw masks of their own; what is done with one is PyTorch's.
    @Test(arguments: ["dropout", "dropout2d"])
    func dropoutMasks(name: String) {
        let shape = Self.goldens.sampleShape("\(name).input")
        let mask = Self.goldens.channelsLast("\(name).mask")
        for (from, to) in [("input", "output"), ("output_grad", "input_grad")] {
            let x = FloatSlice(Self.goldens.channelsLast("\(name).\(from)"))
            let y = FloatBuffer(count: x.count).all
            for sample in 0..<x.count / shape.count {
                // A dropped channel is dropped at each pixel, so its first pixel tells.
                let width = name == "dropout" ? shape.count : shape.channels
                let row = FloatSlice(
                    Array(mask[sample * shape.count..<sample * shape.count + width]))
                scaleRows(x.sample(sample, shape), by: row, into: y.sample(sample, shape))
            }
            assertClose(y.array, Self.goldens.channelsLast("\(name).\(to)"), relative: 2e-7)
        }
    }

    @Test(arguments: ["cross_entropy", "cross_entropy_smoothed", "cross_entropy_large"])
    func crossEntropy(name: String) {
        let classCount = Self.goldens.shape("\(name).logits")[1]
        let labels = Self.goldens.integers("\(name).labels")
        let loss = SoftmaxCrossEntropy(
            classCount: classCount,
            labelSmoothing: Self.goldens.doubles("\(name).label_smoothing")[0])
        let logits = FloatSlice(Self.goldens.floats("\(name).logits"))
        let gradient = FloatBuffer(count: logits.count).all
        var total = 0.0
        for (row, label) in labels.enumerated() {
            total +=
                loss.evaluate(
                    logits.slice(row * classCount, count: classCount), label: label,
                    gradient: gradient.slice(row * classCount, count: classCount),
                    scale: 1 / Double(labels.count)
                ).loss
        }
        assertClose(
            [total / Double(labels.count)], Self.goldens.doubles("\(name).loss"), relative: 1e-12)
        assertClose(
            gradient.array, Self.goldens.floats("\(name).logits_grad"), relative: 2e-7,
            absolute: 1e-9)
    }

    private func setParameters(_ name: String, _ layer: any Layer) {
        setGoldenParameters(name, layer, Self.goldens)
    }

    private func check(
        _ name: String, _ layer: any Layer, absolute: Float = 5e-6,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        checkGoldenLayer(
            name, layer, Self.goldens, absolute: absolute, sourceLocation: sourceLocation)
    }
}
