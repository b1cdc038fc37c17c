import Kernels
import LinearAlgebra

/// A convolution's weights `[k, k, C, O]` with channels padded to whole vectors, and gradients of
/// that form taken back to the parameter's.
struct PaddedWeights {
    private let parameter: Parameter
    private let taps: Int
    private let inputs: Int
    private let outputs: Int
    private let paddedInputs: Int
    private let paddedOutputs: Int
    /// Where the padded weights lie: the parameter itself where nothing is to be padded.
    let values: FloatSlice

    /// - Parameter padsInputs: false for an image of one channel.
    init(_ parameter: Parameter, _ geometry: ConvolutionGeometry, padsInputs: Bool = true) {
        self.parameter = parameter
        taps = geometry.kernelHeight * geometry.kernelWidth
        inputs = geometry.input.channels / geometry.groups
        outputs = geometry.outputChannels
        paddedInputs = padsInputs ? ImageView.padded(inputs) : inputs
        paddedOutputs = ImageView.padded(outputs)
        let count = taps * paddedInputs * paddedOutputs
        values = count == parameter.count ? parameter.value : FloatBuffer(count: count).all
    }

    var count: Int { values.count }
    private var isPadded: Bool { count != parameter.count }

    /// Copies the parameter's values, where they don't lie here anyway.
    func update() {
        guard isPadded else { return }
        forEachRow { row, padded in
            values.slice(padded, count: outputs).update(
                from: parameter.value.slice(row, count: outputs))
        }
    }

    /// Copies padded values to memory of the parameter's form.
    func addGradient(_ gradient: FloatSlice, rows: Range<Int>) {
        guard isPadded else {
            let start = rows.lowerBound * outputs
            let count = rows.count * outputs
            add(
                gradient.slice(start, count: count),
                to: parameter.gradient.slice(start, count: count))
            return
        }
        forEachRow { row, padded in
            guard rows.contains(row / outputs) else { return }
            add(
                gradient.slice(padded, count: outputs),
                to: parameter.gradient.slice(row, count: outputs))
        }
    }

    /// Rows of the parameter: a tap's outputs of one input.
    var rowCount: Int { taps * inputs }

    private func forEachRow(_ body: (_ row: Int, _ padded: Int) -> Void) {
        for tap in 0..<taps {
            for input in 0..<inputs {
                body(
                    (tap * inputs + input) * outputs,
                    (tap * paddedInputs + input) * paddedOutputs)
            }
        }
    }
}
