import Kernels
import LinearAlgebra

/// A worker's memory for a Winograd convolution, and its steps on a block of samples.
///
/// Forward: `begin`, for each sample `loadInput`, then `multiply`, then for each sample `output`.
/// Backward: `begin`, for each sample `loadInput` and `loadOutputGradient`, then
/// `multiplyWeightGradient` and `multiplyDataGradient`, then for each sample `inputGradient`.
final class WinogradWorkspace {
    private let geometry: WinogradGeometry
    /// By samples of a block, from 1 on.
    private let layouts: [WinogradLayout]
    private var layout: WinogradLayout
    // Borders are zero, and stay so.
    private let inputImage: FloatSlice
    private let outputImage: FloatSlice
    private let outputGradientImage: FloatSlice
    private let inputGradientImage: FloatSlice
    private let transformedInputs: FloatSlice
    private let transformedOutputs: FloatSlice
    private let transformedWeightGradients: FloatSlice

    init(_ geometry: WinogradGeometry, trains: Bool) {
        self.geometry = geometry
        layouts = (1...geometry.samplesPerBlock).map { WinogradLayout(geometry, samples: $0) }
        layout = layouts[0]
        let tileElementCount = geometry.kernel.tileElementCount
        inputImage = FloatBuffer(count: geometry.inputCount).all
        outputImage = FloatBuffer(count: geometry.outputCount).all
        transformedInputs = FloatBuffer(count: tileElementCount * geometry.inputStep).all
        transformedOutputs = FloatBuffer(count: tileElementCount * geometry.outputStep).all
        outputGradientImage = FloatBuffer(count: trains ? geometry.outputCount : 0).all
        inputGradientImage = FloatBuffer(count: trains ? geometry.inputCount : 0).all
        transformedWeightGradients =
            FloatBuffer(count: trains ? tileElementCount * geometry.weightStep : 0).all
    }

    /// - Parameter samples: of the block, at most `geometry.samplesPerBlock`.
    func begin(samples: Int) { layout = layouts[samples - 1] }

    // MARK: - Forward

    /// Takes a block's sample in; `fill` writes its pixels.
    func loadInput(_ sample: Int, fill: (ImageView) -> Void) {
        fill(geometry.interior(inputImage))
        geometry.kernel.transformInput(
            inputImage, layout.inputGrids[sample], into: transformedInputs)
    }

    /// The products of all elements.
    func multiply(by weights: WinogradWeights) {
        for shape in layout.forward {
            smallGemm(transformedInputs, weights.transformed, into: transformedOutputs, shape)
        }
    }

    /// A block's sample of the output, without bias; valid until the next call.
    func output(_ sample: Int) -> ImageView {
        geometry.kernel.transformOutput(
            transformedOutputs, layout.outputGrids[sample], into: outputImage)
        return geometry.output(outputImage)
    }

    // MARK: - Backward

    /// Takes the gradient in a sample's output in; `fill` writes its pixels.
    func loadOutputGradient(_ sample: Int, fill: (ImageView) -> Void) {
        fill(geometry.output(outputGradientImage))
        geometry.kernel.transformOutputGradient(
            outputGradientImage, layout.outputGrids[sample], into: transformedOutputs)
    }

    /// With V the transformed input and D the gradient's: dU (+)= Vᵀ·D.
    ///
    /// - Parameter accumulating: whether dU goes on from the block before.
    func multiplyWeightGradient(accumulating: Bool) {
        for shape in layout.weightGradient {
            smallGemm(
                transformedInputs, transformedOutputs, into: transformedWeightGradients, shape,
                accumulating: accumulating)
        }
    }

    /// D·Uᵀ takes V's place.
    func multiplyDataGradient(by weights: WinogradWeights) {
        for shape in layout.dataGradient {
            smallGemm(transformedOutputs, weights.transposed, into: transformedInputs, shape)
        }
    }

    /// The gradient in a sample's input; valid until the next call.
    func inputGradient(_ sample: Int) -> ImageView {
        inputGradientImage.fill(0)
        geometry.kernel.addInputGradient(
            transformedInputs, layout.inputGrids[sample], to: inputGradientImage)
        return geometry.interior(inputGradientImage)
    }

    /// Overwrites the padded gradient `[k, k, inputs, outputs]` with what was summed in dU.
    func weightGradient(into gradient: FloatSlice) {
        geometry.kernel.collectWeightGradient(
            transformedWeightGradients, inputs: geometry.inputs, outputs: geometry.outputs,
            step: geometry.weightStep, into: gradient)
    }
}
