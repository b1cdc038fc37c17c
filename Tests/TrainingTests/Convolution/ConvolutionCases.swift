import CKernels
import Kernels
import LinearAlgebra
import TestSupport
import TrainingTestSupport

@testable import Training

/// Calls `body` at each level that this CPU has, the calling thread's kernels limited to it.
func atEachCPULevel(_ body: (Int32) throws -> Void) rethrows {
    let highest = tessera_cpu_level()
    defer { tessera_limit_cpu_level(-1) }
    for level in 0...highest {
        tessera_limit_cpu_level(level)
        try body(level)
    }
}

/// One of DigitCNN's convolutions at its default size.
enum ConvolutionCase: String, CaseIterable {
    case conv1, conv2, conv3

    var plain: PlainConvolution {
        switch self {
        case .conv1: .init(height: 28, width: 28, inputs: 1, outputs: 32, size: 5)
        case .conv2: .init(height: 14, width: 14, inputs: 32, outputs: 64, size: 5)
        case .conv3: .init(height: 7, width: 7, inputs: 64, outputs: 128, size: 3)
        }
    }

    var geometry: ConvolutionGeometry {
        ConvolutionGeometry(
            input: SampleShape(height: plain.height, width: plain.width, channels: plain.inputs),
            outputChannels: plain.outputs, kernelHeight: plain.size, kernelWidth: plain.size,
            padding: plain.size / 2)
    }
}

/// A convolution of some samples, with the gradients of Σ y·dy.
struct ConvolutionResult {
    var y: [[Float]]
    var dx: [[Float]]
    var dW: [Float]
}

/// Random operands of a convolution, and their ways through the engine's algorithms.
struct ConvolutionOperands {
    let layer: ConvolutionCase
    let x: [[Float]]
    let dy: [[Float]]
    /// `[k, k, C, O]`
    let weights: [Float]

    /// Of the standard normal distribution; weights so that outputs are of order one too.
    init(_ layer: ConvolutionCase, sampleCount: Int, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let plain = layer.plain
        let scale = 1 / Float(plain.size * plain.size * plain.inputs).squareRoot()
        self.layer = layer
        x = (0..<sampleCount).map { _ in generator.normals(plain.inputCount) }
        dy = (0..<sampleCount).map { _ in generator.normals(plain.outputCount) }
        weights = generator.normals(plain.weightCount).map { $0 * scale }
    }

    private var plain: PlainConvolution { layer.plain }

    func throughWinograd(outputTile: Int) -> ConvolutionResult {
        let geometry = WinogradGeometry(layer.geometry, outputTile: outputTile)
        let elements = WinogradWeights(geometry, trains: true)
        for task in 0..<elements.taskCount {
            elements.prepare(task, from: FloatSlice(weights))
        }
        let workspace = WinogradWorkspace(geometry, trains: true)
        var result = ConvolutionResult(y: [], dx: [], dW: [])
        for first in stride(from: 0, to: x.count, by: geometry.samplesPerBlock) {
            let count = min(geometry.samplesPerBlock, x.count - first)
            workspace.begin(samples: count)
            for sample in 0..<count {
                workspace.loadInput(sample) { $0.update(from: x[first + sample]) }
            }
            workspace.multiply(by: elements)
            for sample in 0..<count { result.y.append(workspace.output(sample).array) }
            for sample in 0..<count {
                workspace.loadOutputGradient(sample) { $0.update(from: dy[first + sample]) }
            }
            workspace.multiplyWeightGradient(accumulating: first > 0)
            workspace.multiplyDataGradient(by: elements)
            for sample in 0..<count { result.dx.append(workspace.inputGradient(sample).array) }
        }
        let gradient = FloatBuffer(count: plain.weightCount).all
        workspace.weightGradient(into: gradient)
        result.dW = gradient.array
        return result
    }

    func throughIm2col() -> ConvolutionResult {
        let convolution = Conv2d(name: "conv", geometry: layer.geometry)
        convolution.weight.value.update(from: FloatSlice(weights))
        let harness = LayerHarness(convolution, sampleCount: x.count)
        let y = harness.forward(x.flatMap { $0 })
        let dx = harness.backward(dy.flatMap { $0 })
        return ConvolutionResult(
            y: y.pieces(x.count), dx: dx.pieces(x.count), dW: convolution.weight.gradient.array)
    }
}

extension ImageView {
    /// `[height, width, channels]`, compact.
    var array: [Float] {
        (0..<height).flatMap { row in
            (0..<width).flatMap { column in
                values.slice(row * rowStride + column * pixelStride, count: channels).array
            }
        }
    }

    func update(from compact: [Float]) {
        for pixel in 0..<height * width {
            let place = pixel / width * rowStride + pixel % width * pixelStride
            values.slice(place, count: channels).update(
                from: Array(compact[pixel * channels..<(pixel + 1) * channels]))
        }
    }
}

extension Array {
    /// As many pieces of one length.
    func pieces(_ count: Int) -> [[Element]] {
        let length = self.count / count
        return (0..<count).map { Array(self[$0 * length..<($0 + 1) * length]) }
    }
}
