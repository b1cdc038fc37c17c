import Foundation
import Kernels
import LinearAlgebra
import TestSupport
import Testing

@testable import Training

/// What each algorithm loses against a direct convolution in double precision: relative errors
/// ‖found − exact‖ / ‖exact‖ of random normal data, at every CPU level that this machine has.
///
/// Bounds are about two and a half times the largest that was measured, over two seeds, all levels
/// and OpenBLAS's kernels for five kinds of CPU. With TESSERA_PRINT_ERRORS=1 the errors are printed.
@Suite struct ConvolutionAccuracyTests {
    struct Bounds: CustomTestStringConvertible {
        let layer: ConvolutionCase
        let algorithm: ConvolutionAlgorithm
        let forward: Double
        let dataGradient: Double
        let weightGradient: Double

        init(
            _ layer: ConvolutionCase, _ algorithm: ConvolutionAlgorithm, forward: Double,
            dataGradient: Double, weightGradient: Double
        ) {
            (self.layer, self.algorithm, self.forward) = (layer, algorithm, forward)
            (self.dataGradient, self.weightGradient) = (dataGradient, weightGradient)
        }

        var testDescription: String { "\(layer) \(algorithm)" }
    }

    static let bounds = [
        Bounds(.conv1, .im2col, forward: 2.5e-7, dataGradient: 4e-7, weightGradient: 1e-6),
        Bounds(.conv2, .im2col, forward: 9e-7, dataGradient: 4.5e-7, weightGradient: 6.5e-7),
        Bounds(.conv2, .winograd2, forward: 1.9e-6, dataGradient: 2.3e-6, weightGradient: 5e-6),
        Bounds(.conv2, .winograd4, forward: 6.5e-6, dataGradient: 8e-6, weightGradient: 1e-5),
        Bounds(.conv3, .im2col, forward: 7.5e-7, dataGradient: 5.5e-7, weightGradient: 8.5e-7),
        Bounds(.conv3, .winograd2, forward: 6.5e-7, dataGradient: 9e-7, weightGradient: 9e-7),
        Bounds(.conv3, .winograd4, forward: 1.8e-6, dataGradient: 2.5e-6, weightGradient: 1.5e-6),
    ]

    /// A chunk's: weights' gradients are sums over its samples and pixels.
    private static let sampleCount = 8
    private static let seed: UInt64 = 1001

    @Test(arguments: bounds)
    func errorsStayWithinTheirBounds(bounds: Bounds) {
        let operands = ConvolutionOperands(
            bounds.layer, sampleCount: Self.sampleCount, seed: Self.seed)
        let exact = ExactSample(operands, seed: Self.seed)
        atEachCPULevel { level in
            let result =
                bounds.algorithm.outputTile.map { operands.throughWinograd(outputTile: $0) }
                ?? operands.throughIm2col()
            expect(exact.forwardError(result), bounds.forward, "forward", bounds, level)
            expect(exact.dataError(result), bounds.dataGradient, "data gradient", bounds, level)
            expect(
                exact.weightError(result), bounds.weightGradient, "weight gradient", bounds, level)
        }
    }

    /// The first convolution forward, and its weights' gradient through batch norm, ReLU and pool:
    /// the fused block never has the gradient at every pixel.
    @Test func errorsOfTheDirectConvolutionStayWithinTheirBounds() {
        let bounds = Bounds(
            .conv1, .direct, forward: 2.5e-7, dataGradient: 0, weightGradient: 1e-6)
        let operands = ConvolutionOperands(.conv1, sampleCount: Self.sampleCount, seed: Self.seed)
        let exact = ExactSample(operands, seed: Self.seed)
        atEachCPULevel { level in
            let direct = Direct5(height: 28, width: 28, channels: 32)
            let image = FloatBuffer(count: direct.imageCount).all
            let y = operands.x.map { x in
                let output = FloatBuffer(count: bounds.layer.plain.outputCount).all
                direct.copy(FloatSlice(x), into: image)
                direct.convolve(
                    image, firstRow: 0, weights: FloatSlice(operands.weights),
                    into: ImageView(output, height: 28, width: 28, channels: 32))
                return output.array
            }
            let result = ConvolutionResult(y: y, dx: [], dW: [])
            expect(exact.forwardError(result), bounds.forward, "forward", bounds, level)

            let pass = StemPass(operands, seed: Self.seed)
            let expected = pass.dW.indices.map {
                bounds.layer.plain.weightGradient($0, x: operands.x) { sample, pixel, output in
                    pass.dy[sample][pixel * bounds.layer.plain.outputs + output]
                }
            }
            expect(
                relativeError(pass.dW.map(Double.init), expected), bounds.weightGradient,
                "weight gradient", bounds, level)
        }
    }

    private func expect(
        _ error: Double, _ bound: Double, _ name: String, _ bounds: Bounds, _ level: Int32
    ) {
        if ProcessInfo.processInfo.environment["TESSERA_PRINT_ERRORS"] != nil {
            let text = String(format: "%.2e", error)
            print("\(bounds.layer) \(bounds.algorithm) \(name), CPU level \(level): \(text)")
        }
        #expect(error < bound, "\(bounds.testDescription) \(name) level \(level) seed \(Self.seed)")
    }
}

/// Elements of a convolution and its gradients in double precision, drawn at random: enough for the
/// errors' norms to within a few per cent.
private struct ExactSample {
    private struct Element {
        let sample: Int
        let index: Int
        let value: Double
    }

    private static let elementCount = 1024
    private let y: [Element]
    private let dx: [Element]
    private let dW: [Element]

    init(_ operands: ConvolutionOperands, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let plain = operands.layer.plain
        func draw(_ count: Int, _ value: (_ sample: Int, _ index: Int) -> Double) -> [Element] {
            (0..<Self.elementCount).map { _ in
                let sample = Int.random(in: operands.x.indices, using: &generator)
                let index = Int.random(in: 0..<count, using: &generator)
                return Element(sample: sample, index: index, value: value(sample, index))
            }
        }
        let (x, dy, weights) = (operands.x, operands.dy, operands.weights)
        self.y = draw(plain.outputCount) { plain.output($1, x: x[$0], weights: weights) }
        dx = draw(plain.inputCount) { plain.inputGradient($1, dy: dy[$0], weights: weights) }
        dW = draw(plain.weightCount) { plain.weightGradient($1, x: x, dy: dy) }
    }

    func forwardError(_ result: ConvolutionResult) -> Double {
        error(y) { result.y[$0.sample][$0.index] }
    }

    func dataError(_ result: ConvolutionResult) -> Double {
        error(dx) { result.dx[$0.sample][$0.index] }
    }

    func weightError(_ result: ConvolutionResult) -> Double {
        error(dW) { result.dW[$0.index] }
    }

    private func error(_ elements: [Element], _ found: (Element) -> Float) -> Double {
        relativeError(elements.map { Double(found($0)) }, elements.map(\.value))
    }
}
