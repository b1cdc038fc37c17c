import Kernels
import LinearAlgebra

/// Winograd's transforms, one sample each. A transform is right when the convolution that is made
/// with it equals the direct one.
enum WinogradTransformCases {
    static var all: [KernelCase] {
        WinogradLayer.all.flatMap { layer in
            Transform.allCases.map { transform in
                KernelCase(
                    name: "\(layer.title(transform.pass, samples: 1)): \(transform.rawValue)",
                    bytes: 4 * Double(transform.floats(layer)),
                    prepare: { WinogradProbe(layer).run(transform) })
            }
        }
    }
}

private enum Transform: String, CaseIterable {
    case input = "input transform"
    case weights = "weight transform"
    case output = "output transform"
    case outputGradient = "output gradient transform"
    case inputGradient = "input gradient transform"
    case weightGradient = "weight gradient transform"

    var pass: String {
        switch self {
        case .input, .weights, .output: "forward"
        case .outputGradient, .inputGradient: "data gradient"
        case .weightGradient: "weight gradient"
        }
    }

    /// Floats read and written.
    func floats(_ layer: WinogradLayer) -> Int {
        let elements = layer.kernel.tileElementCount
        let channels = layer.inputs * layer.outputs
        return switch self {
        case .input: layer.inputCount + elements * layer.tiles * layer.inputs
        // Added to the image.
        case .inputGradient: 2 * layer.inputCount + elements * layer.tiles * layer.inputs
        case .output, .outputGradient:
            layer.outputCount + elements * layer.tiles * layer.outputs
        case .weights, .weightGradient: layer.weightCount + elements * channels
        }
    }
}

/// One sample's convolution by Winograd's algorithm, step by step.
private final class WinogradProbe {
    private let layer: WinogradLayer
    private let kernel: WinogradKernel
    private let reference: ConvolutionReference
    private let x: FloatSlice
    private let w: FloatSlice
    private let dy: FloatSlice
    // The same and their elements as the kernels want them.
    private let input: FloatSlice
    private let output: FloatSlice
    private let outputGradient: FloatSlice
    private let inputGradient: FloatSlice
    private let weightGradient: FloatSlice
    private let transformedInputs: FloatSlice
    private let transformedOutputs: FloatSlice
    private let transformedWeightGradients: FloatSlice

    init(_ layer: WinogradLayer) {
        self.layer = layer
        kernel = layer.kernel
        reference = ConvolutionReference(
            side: layer.side, inputs: layer.inputs, outputs: layer.outputs,
            kernelSize: kernel.kernelSize)
        var values = TestValues(seed: 2)
        let pixels = layer.side * layer.side
        x = values.floats(pixels * layer.inputs)
        w = values.floats(layer.weightCount)
        dy = values.floats(pixels * layer.outputs)
        input = FloatBuffer(count: layer.inputCount).all
        inputGradient = FloatBuffer(count: layer.inputCount).all
        output = FloatBuffer(count: layer.outputCount).all
        outputGradient = FloatBuffer(count: layer.outputCount).all
        weightGradient = FloatBuffer(count: layer.weightCount).all
        transformedInputs = FloatBuffer(count: kernel.tileElementCount * layer.inputStep).all
        transformedOutputs = FloatBuffer(count: kernel.tileElementCount * layer.outputStep).all
        transformedWeightGradients =
            FloatBuffer(count: kernel.tileElementCount * layer.weightStep).all
        layer.interior(input).update(from: x)
        layer.output(outputGradient).update(from: dy)
    }

    func run(_ transform: Transform) -> KernelRun {
        switch transform {
        case .input:
            KernelRun(
                call: transformInput,
                results: {
                    self.transformWeights()
                    self.multiply()
                    self.transformOutput()
                    return [self.result]
                }, expected: { [self.reference.forward(self.x.doubles, self.w.doubles)] })
        case .weights:
            KernelRun(
                call: transformWeights,
                results: {
                    self.transformInput()
                    self.multiply()
                    self.transformOutput()
                    return [self.result]
                }, expected: { [self.reference.forward(self.x.doubles, self.w.doubles)] })
        case .output:
            KernelRun(
                reset: {
                    self.transformInput()
                    self.transformWeights()
                    self.multiply()
                },
                call: transformOutput, results: { [self.result] },
                expected: { [self.reference.forward(self.x.doubles, self.w.doubles)] })
        case .outputGradient:
            KernelRun(
                call: transformOutputGradient,
                results: {
                    self.transformWeights()
                    self.multiplyBack()
                    self.inputGradient.fill(0)
                    self.addInputGradient()
                    return [self.gradientResult]
                }, expected: { [self.reference.dataGradient(self.dy.doubles, self.w.doubles)] })
        case .inputGradient:
            KernelRun(
                reset: {
                    self.transformOutputGradient()
                    self.transformWeights()
                    self.multiplyBack()
                    self.inputGradient.fill(0)
                },
                call: addInputGradient, results: { [self.gradientResult] },
                expected: { [self.reference.dataGradient(self.dy.doubles, self.w.doubles)] })
        case .weightGradient:
            KernelRun(
                reset: {
                    self.transformInput()
                    self.transformOutputGradient()
                    self.multiplyForWeights()
                },
                call: collectWeightGradient, results: { [self.weightGradient.doubles] },
                expected: { [self.reference.weightGradient(self.x.doubles, self.dy.doubles)] })
        }
    }

    // MARK: - Transforms

    private func transformInput() {
        kernel.transformInput(input, layer.inputGrid, into: transformedInputs)
    }
    private func transformOutput() {
        kernel.transformOutput(transformedOutputs, layer.outputGrid, into: output)
    }
    private func transformOutputGradient() {
        kernel.transformOutputGradient(outputGradient, layer.outputGrid, into: transformedOutputs)
    }
    private func addInputGradient() {
        kernel.addInputGradient(transformedInputs, layer.inputGrid, to: inputGradient)
    }
    private func transformWeights() {
        kernel.transformWeights(
            w, inputs: layer.inputs, outputs: layer.outputs, rows: 0..<layer.inputs,
            into: transformedWeightGradients, step: layer.weightStep)
    }
    private func collectWeightGradient() {
        kernel.collectWeightGradient(
            transformedWeightGradients, inputs: layer.inputs, outputs: layer.outputs,
            step: layer.weightStep, into: weightGradient)
    }

    // MARK: - Products by OpenBLAS

    private func multiply() {
        forEachElement { v, u, y in gemm(v, u, into: y) }
    }
    private func multiplyBack() {
        forEachElement { v, u, y in gemm(y, u, transposeB: .yes, into: v) }
    }
    private func multiplyForWeights() {
        forEachElement { v, u, y in gemm(v, transposeA: .yes, y, into: u) }
    }

    private func forEachElement(_ body: (_ v: Matrix, _ u: Matrix, _ y: Matrix) -> Void) {
        for element in 0..<kernel.tileElementCount {
            body(
                matrix(transformedInputs, element * layer.inputStep, layer.tiles, layer.inputs),
                matrix(
                    transformedWeightGradients, element * layer.weightStep, layer.inputs,
                    layer.outputs),
                matrix(
                    transformedOutputs, element * layer.outputStep, layer.tiles, layer.outputs))
        }
    }

    private func matrix(_ x: FloatSlice, _ start: Int, _ rows: Int, _ columns: Int) -> Matrix {
        Matrix(x.slice(start, count: rows * columns), rows: rows, columns: columns)
    }

    private var result: [Double] { layer.output(output).doubles }
    private var gradientResult: [Double] { layer.interior(inputGradient).doubles }
}
