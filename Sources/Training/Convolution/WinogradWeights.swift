import Kernels
import LinearAlgebra

/// A convolution's transformed weights, made anew for each step, in tasks for the pool.
final class WinogradWeights {
    private let geometry: WinogradGeometry
    /// `[element][input][output]`, and transposed.
    let transformed: FloatSlice
    let transposed: FloatSlice
    private let transposedWeights: FloatSlice

    /// - Parameter trains: whether the data gradient will need the transposed transformed weights.
    init(_ geometry: WinogradGeometry, trains: Bool) {
        self.geometry = geometry
        let count = geometry.kernel.tileElementCount * geometry.weightStep
        transformed = FloatBuffer(count: count).all
        transposed = FloatBuffer(count: trains ? count : 0).all
        transposedWeights = FloatBuffer(count: trains ? geometry.weightCount : 0).all
    }

    private static let channelsPerTask = 16

    var taskCount: Int {
        (geometry.inputs + (transposed.count > 0 ? geometry.outputs : 0))
            / WinogradWeights.channelsPerTask
    }

    /// - Parameter weights: `[k, k, inputs, outputs]`, padded.
    func prepare(_ task: Int, from weights: FloatSlice) {
        let size = WinogradWeights.channelsPerTask
        let forwardTasks = geometry.inputs / size
        if task < forwardTasks {
            geometry.kernel.transformWeights(
                weights, inputs: geometry.inputs, outputs: geometry.outputs,
                rows: task * size..<(task + 1) * size, into: transformed,
                step: geometry.weightStep)
        } else {
            let first = (task - forwardTasks) * size
            prepareTransposed(first..<first + size, from: weights)
        }
    }

    private func prepareTransposed(_ outputs: Range<Int>, from weights: FloatSlice) {
        let tapCount = geometry.inputs * geometry.outputs
        for tap in 0..<geometry.kernel.kernelSize * geometry.kernel.kernelSize {
            let start = tap * tapCount
            transpose(
                weights.slice(
                    start + outputs.lowerBound, count: tapCount - outputs.lowerBound),
                rows: geometry.inputs, columns: outputs.count, stride: geometry.outputs,
                into: transposedWeights.slice(
                    start + outputs.lowerBound * geometry.inputs,
                    count: outputs.count * geometry.inputs),
                stride: geometry.inputs)
        }
        geometry.kernel.transformWeights(
            transposedWeights, inputs: geometry.outputs, outputs: geometry.inputs, rows: outputs,
            into: transposed, step: geometry.weightStep)
    }
}
