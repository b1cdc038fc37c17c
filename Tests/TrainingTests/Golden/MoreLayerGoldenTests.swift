import Kernels
import TestSupport
import Testing

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

    private func check(
        _ name: String, _ layer: any Layer, relative: Float = 1e-5, absolute: Float = 5e-6,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        checkGoldenLayer(
            name, layer, Self.goldens, relative: relative, absolute: absolute,
            sourceLocation: sourceLocation)
    }
}
