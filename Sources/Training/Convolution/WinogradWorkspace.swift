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
    private let inputFrequencies: FloatSlice
    private let outputFrequencies: FloatSlice
    private let weightFrequencies: FloatSlice

    init(_ geometry: WinogradGeometry, trains: Bool) {
        self.geometry = geometry
        layouts = (1...geometry.samplesPerBlock).map { WinogradLayout(geometry, samples: $0) }
        layout = layouts[0]
        let frequencyCount = geometry.kernel.frequencyCount
        inputImage = FloatBuffer(count: geometry.inputCount).all
        outputImage = FloatBuffer(count: geometry.outputCount).all
        inputFrequencies = FloatBuffer(count: frequencyCount * geometry.inputStep).all
        outputFrequencies = FloatBuffer(count: frequencyCount * geometry.outputStep).all
        outputGradientImage = FloatBuffer(count: trains ? geometry.outputCount : 0).all
        inputGradientImage = FloatBuffer(count: trains ? geometry.inputCount : 0).all
        weightFrequencies =
            FloatBuffer(count: trains ? frequencyCount * geometry.weightStep : 0).all
    }

    /// - Parameter samples: of the block, at most `geometry.samplesPerBlock`.
    func begin(samples: Int) { layout = layouts[samples - 1] }

    // MARK: - Forward

    /// Takes a block's sample in; `fill` writes its pixels.
    func loadInput(_ sample: Int, fill: (ImageView) -> Void) {
        fill(geometry.interior(inputImage))
        geometry.kernel.transformInput(
            inputImage, layout.inputGrids[sample], into: inputFrequencies)
    }

    /// The products of all frequencies.
    func multiply(by weights: WinogradWeights) {
        for shape in layout.forward {
            smallGemm(inputFrequencies, weights.frequencies, into: outputFrequencies, shape)
        }
    }

    /// A block's sample of the output, without bias; valid until the next call.
    func output(_ sample: Int) -> ImageView {
        geometry.kernel.transformOutput(
            outputFrequencies, layout.outputGrids[sample], into: outputImage)
        return geometry.output(outputImage)
    }

    // MARK: - Backward

    /// Takes the gradient in a sample's output in; `fill` writes its pixels.
    func loadOutputGradient(_ sample: Int, fill: (ImageView) -> Void) {
        fill(geometry.output(outputGradientImage))
        geometry.kernel.transformOutputGradient(
            outputGradientImage, layout.outputGrids[sample], into: outputFrequencies)
    }

    /// With V the input's frequencies and D the gradient's: dU (+)= Vᵀ·D.
    ///
    /// - Parameter accumulating: whether dU goes on from the block before.
    func multiplyWeightGradient(accumulating: Bool) {
        for shape in layout.weightGradient {
            smallGemm(
                inputFrequencies, outputFrequencies, into: weightFrequencies, shape,
                accumulating: accumulating)
        }
    }

    /// D·Uᵀ takes V's place.
    func multiplyDataGradient(by weights: WinogradWeights) {
        for shape in layout.dataGradient {
            smallGemm(outputFrequencies, weights.transposed, into: inputFrequencies, shape)
        }
    }

    /// The gradient in a sample's input; valid until the next call.
    func inputGradient(_ sample: Int) -> ImageView {
        inputGradientImage.fill(0)
        geometry.kernel.addInputGradient(
            inputFrequencies, layout.inputGrids[sample], to: inputGradientImage)
        return geometry.interior(inputGradientImage)
    }

    /// Overwrites the padded gradient `[k, k, inputs, outputs]` with what was summed in dU.
    func weightGradient(into gradient: FloatSlice) {
        geometry.kernel.collectWeightGradient(
            weightFrequencies, inputs: geometry.inputs, outputs: geometry.outputs,
            step: geometry.weightStep, into: gradient)
    }
}
