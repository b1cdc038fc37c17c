import Kernels
import LinearAlgebra

/// Loss and metrics of each chunk of a batch, summed in the order of the chunks.
///
/// Sendable since workers write to different chunks' places.
final class OutputMeasurement: @unchecked Sendable {
    let loss: any Loss
    let metrics: [TrainingMetric]
    /// For each chunk: the loss, then the metrics.
    private let sums: DoubleBuffer

    /// - Parameter sampleCount: of the largest batch.
    init(loss: any Loss, metrics: [TrainingMetric], sampleCount: Int) {
        self.loss = loss
        self.metrics = metrics
        let chunkCount = BatchPlan(sampleCount: max(sampleCount, 1)).chunkCount
        sums = DoubleBuffer(count: chunkCount * (1 + metrics.count))
    }

    private var width: Int { 1 + metrics.count }

    /// Measures a chunk's outputs; with `gradient`, also writes the mean loss's gradient.
    ///
    /// - Parameter target: of a sample of the chunk, counted from its first.
    func measure(
        _ chunk: Chunk, outputs: FloatSlice, target: (_ sample: Int) -> Target,
        gradient: FloatSlice? = nil, scale: Double = 0
    ) {
        for index in metrics.indices {
            sums[chunk.index * width + 1 + index] = metrics[index].sum(
                outputs, count: chunk.count, target: target)
        }
        sums[chunk.index * width] = loss.sum(
            outputs, count: chunk.count, target: target, gradient: gradient, scale: scale)
    }

    /// The sum over a batch.
    ///
    /// - Parameter place: 0 for the loss, 1 and on for the metrics.
    func sum(_ place: Int, _ plan: BatchPlan) -> Double {
        var sum = 0.0
        for chunk in 0..<plan.chunkCount { sum += sums[chunk * width + place] }
        return sum
    }
}

/// Sums over the samples of an optimizer step; kept from step to step, so that a step allocates none.
struct StepSums {
    private(set) var loss = 0.0
    /// What the step's samples count in the loss's mean.
    fileprivate(set) var weight = 0.0
    private var metrics: [Double]

    init(metricCount: Int) { metrics = .init(repeating: 0, count: metricCount) }

    func metric(_ index: Int) -> Double { metrics[index] }

    var meanLoss: Double { weight > 0 ? loss / weight : 0 }

    /// What a sample's gradient is multiplied by: nothing counts where no sample does.
    var scale: Double { weight > 0 ? 1 / weight : 0 }

    mutating func begin(weight: Double) {
        self.weight = weight
        loss = 0
        for index in metrics.indices { metrics[index] = 0 }
    }

    mutating func add(_ measurement: OutputMeasurement, _ plan: BatchPlan) {
        loss += measurement.sum(0, plan)
        for index in metrics.indices { metrics[index] += measurement.sum(1 + index, plan) }
    }
}
