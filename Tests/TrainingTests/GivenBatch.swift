import Kernels
import LinearAlgebra

@testable import Training

/// Given inputs and labels as one batch; keeps the logits and the loss.
final class GivenBatch: TrainingBatch {
    let logits: FloatSlice
    let measurement: OutputMeasurement
    /// The loss summed over the batch.
    var lossSum: Double { measurement.sum(0, BatchPlan(sampleCount: labels.count)) }
    private let inputs: FloatSlice
    private let labels: [Int]
    private let size: Int

    init(_ model: ConfiguredNetwork, _ inputs: [Float], _ labels: [Int]) {
        (self.inputs, self.labels) = (FloatSlice(inputs), labels)
        size = model.inputShape.count
        logits = FloatBuffer(count: labels.count * model.config.network.classCount).all
        measurement = OutputMeasurement(
            loss: SoftmaxCrossEntropy(classCount: model.config.network.classCount), metrics: [],
            sampleCount: labels.count)
    }

    convenience init(_ model: ConfiguredNetwork, _ samples: ImageSamples) {
        let size = samples.height * samples.width
        let inputs = FloatBuffer(count: samples.count * size).all
        for index in 0..<samples.count {
            samples.load(index, into: inputs.slice(index * size, count: size))
        }
        self.init(model, inputs.array, (0..<samples.count).map(samples.label))
    }

    func load(_ chunk: Chunk, into target: FloatSlice) {
        target.update(from: inputs.slice(chunk.start * size, count: chunk.count * size))
    }

    func loss(_ chunk: Chunk, outputs: FloatSlice, gradient: FloatSlice) {
        let classCount = outputs.count / chunk.count
        logits.slice(chunk.start * classCount, count: outputs.count).update(from: outputs)
        measurement.measure(
            chunk, outputs: outputs, target: { .label(labels[chunk.start + $0]) },
            gradient: gradient, scale: 1 / Double(labels.count))
    }
}
