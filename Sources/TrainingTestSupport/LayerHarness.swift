import Kernels
import LinearAlgebra
import Training

/// Runs one layer over a whole batch, chunk by chunk on one worker, as a network would.
public struct LayerHarness {
    /// What is done with the memory that a layer says it doesn't need.
    public enum Memory: Sendable, CaseIterable {
        /// Everything is kept.
        case kept
        /// What the backward pass doesn't read is NaN by then; of an output whose sign alone is read,
        /// ±1 is left.
        case forgotten
        /// The output overwrites the input, and the gradient in the input that in the output.
        case inPlace
        /// The gradient in the input overwrites the input.
        case gradientOverInput
    }

    /// Of the random numbers that a layer may draw.
    private static let step: UInt64 = 3

    public let layer: any Layer
    public let sampleCount: Int
    private let memory: Memory
    private let plan: BatchPlan
    private let x: FloatSlice
    private let y: FloatSlice
    private let dy: FloatSlice
    private let dx: FloatSlice

    /// - Precondition: in place, input and output have the same shape.
    public init(_ layer: any Layer, sampleCount: Int, memory: Memory = .kept) {
        self.layer = layer
        self.sampleCount = sampleCount
        self.memory = memory
        plan = BatchPlan(sampleCount: sampleCount)
        layer.plan(Capacity(sampleCount: sampleCount, workerCount: 1, trains: true))
        let (inputs, outputs) = (layer.inputShape.count, layer.outputShape.count)
        x = FloatBuffer(count: sampleCount * inputs).all
        dy = FloatBuffer(count: sampleCount * outputs).all
        let isInPlace = memory == .inPlace
        precondition(
            !isInPlace || inputs == outputs, "in place from \(inputs) to \(outputs) values")
        y = isInPlace ? x : FloatBuffer(count: sampleCount * outputs).all
        dx =
            switch memory {
            case .kept, .forgotten: FloatBuffer(count: sampleCount * inputs).all
            case .inPlace: dy
            case .gradientOverInput: x
            }
    }

    /// The outputs of a batch.
    public func forward(_ input: [Float], mode: Mode = .training) -> [Float] {
        x.update(from: input)
        let statistics = layer as? any BatchStatisticsLayer
        if mode == .training, let statistics {
            forEachChunk { statistics.collectStatistics(part(x, $0, layer.inputShape), $0) }
            statistics.finishStatistics(plan)
        }
        forEachChunk { chunk in
            layer.forward(
                part(x, chunk, layer.inputShape), into: part(y, chunk, layer.outputShape),
                Pass(mode: mode, chunk: chunk, worker: 0, step: LayerHarness.step))
        }
        return y.array
    }

    /// The gradient in the inputs, after a training forward. The parameters' gradients are zeroed
    /// first and hold the batch's afterwards.
    public func backward(_ upstream: [Float]) -> [Float] {
        dy.update(from: upstream)
        if memory == .forgotten { forget() }
        for parameter in layer.parameters { parameter.gradient.fill(0) }
        if let statistics = layer as? any BatchStatisticsLayer { collectGradientSums(statistics) }
        forEachChunk { chunk in
            layer.backward(
                x: part(x, chunk, layer.inputShape), y: part(y, chunk, layer.outputShape),
                dy: part(dy, chunk, layer.outputShape), into: part(dx, chunk, layer.inputShape),
                Pass(mode: .training, chunk: chunk, worker: 0, step: LayerHarness.step))
        }
        for task in 0..<layer.gradientTaskCount {
            layer.addGradients(task: task, x: x, dy: dy, plan)
        }
        return dx.array
    }

    private func collectGradientSums(_ statistics: any BatchStatisticsLayer) {
        forEachChunk { chunk in
            statistics.collectGradientSums(
                x: part(x, chunk, layer.inputShape), y: part(y, chunk, layer.outputShape),
                dy: part(dy, chunk, layer.outputShape), chunk)
        }
        statistics.finishGradientSums(plan)
    }

    private func forget() {
        if !layer.backwardReads.contains(.input) { x.fill(.nan) }
        if layer.backwardReads.contains(.output) { return }
        if layer.backwardReads.contains(.outputSign) {
            y.update(from: y.array.map { $0 > 0 ? 1 : -1 })
        } else {
            y.fill(.nan)
        }
    }

    private func forEachChunk(_ body: (Chunk) -> Void) {
        for index in 0..<plan.chunkCount { body(plan.chunk(index)) }
    }

    private func part(_ slice: FloatSlice, _ chunk: Chunk, _ shape: SampleShape) -> FloatSlice {
        slice.slice(chunk.start * shape.count, count: chunk.count * shape.count)
    }
}
