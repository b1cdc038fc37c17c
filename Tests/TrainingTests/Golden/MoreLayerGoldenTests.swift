import Kernels
import TestSupport
import Testing
import TrainingTestSupport

@testable import Training

/// The layers beyond DigitCNN's forward and backward against PyTorch's float64.
@Suite struct MoreLayerGoldenTests {
    static let goldens = GoldenTensors("layers_more.safetensors")

    @Test(arguments: goldens.cases("conv_"))
    func conv2d(name: String) {
        let weight = Self.goldens.shape("\(name).weight")
        let options = Self.goldens.integers("\(name).options")
        func pair(_ first: Int) -> HeightWidth {
            HeightWidth(height: options[first], width: options[first + 1])
        }
        let geometry = ConvolutionGeometry(
            input: Self.goldens.sampleShape("\(name).input"), outputChannels: weight[0],
            kernel: HeightWidth(height: weight[2], width: weight[3]), stride: pair(0),
            padding: pair(2), dilation: pair(4), groups: options[6])
        atEachCPULevel { _ in
            check(
                name,
                Conv2d(
                    name: "conv", geometry: geometry, hasBias: Self.goldens.has("\(name).bias")))
        }
    }

    @Test(arguments: goldens.cases("max_pool_").filter { $0 != "max_pool_nan" })
    func maxPool2d(name: String) {
        atEachCPULevel { _ in check(name, MaxPool2d(pool(name))) }
    }

    /// NaN is the maximum of its windows, and takes the gradient, as does the first of a window of −∞.
    @Test func maxPool2dOfNotANumber() {
        let name = "max_pool_nan"
        let layer = MaxPool2d(pool(name))
        atEachCPULevel { level in
            let harness = LayerHarness(layer, sampleCount: 2)
            let output = harness.forward(marked("\(name).input"))
            let expected = marked("\(name).output")
            #expect(expected.contains { $0.isNaN } && expected.contains(-.infinity))
            #expect(
                zip(output, expected).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN },
                "level \(level)")
            assertClose(
                harness.backward(Self.goldens.channelsLast("\(name).output_grad")),
                Self.goldens.channelsLast("\(name).input_grad"), "level \(level)")
        }
    }

    /// NaN and −∞ are stored as ±1e30.
    private func marked(_ name: String) -> [Float] {
        Self.goldens.channelsLast(name).map { $0 == 1e30 ? .nan : $0 == -1e30 ? -.infinity : $0 }
    }

    @Test(arguments: goldens.cases("avg_pool_"))
    func avgPool2d(name: String) {
        let countsPadding = Self.goldens.integers("\(name).options")[6] == 1
        atEachCPULevel { _ in check(name, AvgPool2d(pool(name), countsPadding: countsPadding)) }
    }

    @Test(arguments: goldens.cases("avg_global"))
    func globalAveragePool(name: String) {
        let shape = Self.goldens.sampleShape("\(name).input")
        atEachCPULevel { _ in
            check(name, AdaptiveAvgPool2d(shape, outputHeight: 1, outputWidth: 1))
        }
    }

    private func pool(_ name: String) -> PoolGeometry {
        let options = Self.goldens.integers("\(name).options")
        func pair(_ first: Int) -> HeightWidth {
            HeightWidth(height: options[first], width: options[first + 1])
        }
        return PoolGeometry(
            Self.goldens.sampleShape("\(name).input"), kernel: pair(0), stride: pair(2),
            padding: pair(4))
    }

    private static let activations: [(String, @Sendable (SampleShape) -> any Layer)] = [
        ("leaky_relu", { LeakyReLU($0, slope: 0.2) }),
        ("leaky_relu_negative", { LeakyReLU($0, slope: -0.5) }),
        ("sigmoid", { Sigmoid($0) }), ("tanh", { Tanh($0) }), ("silu", { SiLU($0) }),
        ("gelu", { GELU($0) }), ("gelu_tanh", { GELU($0, form: .tanh) }),
    ]

    @Test func activations() {
        for (suffix, make) in Self.activations {
            let name = "activation_\(suffix)"
            atEachCPULevel { _ in
                // Gradients at 8 are as small as 1e-7, differences of numbers near 1.
                check(
                    name, make(Self.goldens.sampleShape("\(name).input")), relative: 2e-6,
                    absolute: 3e-7)
            }
        }
    }

    @Test(arguments: goldens.cases("group_norm_"))
    func groupNorm(name: String) {
        let options = Self.goldens.doubles("\(name).options")
        let layer = GroupNorm(
            name: "norm", Self.goldens.sampleShape("\(name).input"), groups: Int(options[0]),
            epsilon: options[1])
        atEachCPULevel { _ in check(name, layer, absolute: tolerance(name)) }
    }

    @Test(arguments: goldens.cases("layer_norm_"))
    func layerNorm(name: String) {
        let layer = LayerNorm(
            name: "norm", Self.goldens.sampleShape("\(name).input"),
            epsilon: Self.goldens.doubles("\(name).options")[0])
        #expect(layer.weight.layout.shape == Self.goldens.shape("\(name).weight"))
        atEachCPULevel { _ in check(name, layer, absolute: tolerance(name)) }
    }

    /// Float32 inputs of 100 ± 1 leave the normalised value that much uncertainty.
    private func tolerance(_ name: String) -> Float { name.hasSuffix("far_mean") ? 4e-5 : 5e-6 }

    /// `BatchNorm1d` is a batch norm of images of one pixel.
    @Test(arguments: goldens.cases("batch_norm_"))
    func batchNormOfFeatures(name: String) {
        let options = Self.goldens.doubles("\(name).options")
        let layer = BatchNorm2d(
            name: "norm", Self.goldens.sampleShape("\(name).input"), epsilon: options[0],
            momentum: options[1])
        layer.runningMean.update(from: Self.goldens.floats("\(name).running_mean_before"))
        layer.runningVariance.update(from: Self.goldens.floats("\(name).running_var_before"))
        check(name, layer)
        assertClose(
            layer.runningMean.array, Self.goldens.floats("\(name).running_mean_after"),
            relative: 1e-6)
        assertClose(
            layer.runningVariance.array, Self.goldens.floats("\(name).running_var_after"),
            relative: 2e-6)
    }

    private func check(
        _ name: String, _ layer: any Layer, relative: Float = 1e-5, absolute: Float = 5e-6,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        checkGoldenLayer(
            name, layer, Self.goldens, relative: relative, absolute: absolute,
            sourceLocation: sourceLocation)
    }
}
