import Kernels
import LinearAlgebra

/// One optimizer step: load, forward, loss, backward, clip, update. Allocates nothing.
final class TrainingStep {
    private let model: DigitCNN
    private let loss: SoftmaxCrossEntropy
    private let augmentation: Augmentation?
    private let clipping: GradientClipping?
    private let optimizer: any Optimizer
    private let average: WeightAverage?
    private let totals: ChunkTotals

    /// Parameters that one task updates; fixed, though elementwise updates don't mind.
    private static let updateSize = 16_384

    init(
        _ model: DigitCNN, samples: ImageSamples, optimizer: any Optimizer, average: WeightAverage?
    ) {
        let config = model.config
        self.model = model
        self.optimizer = optimizer
        self.average = average
        loss = SoftmaxCrossEntropy(
            classCount: config.classCount, labelSmoothing: config.labelSmoothing)
        augmentation = Augmentation(config, height: samples.height, width: samples.width)
        clipping = config.gradientClipNorm.map {
            GradientClipping(
                maximumNorm: $0, parameterCount: model.network.parameterGradients.count)
        }
        let batchSize = min(config.batchSize, samples.count)
        totals = ChunkTotals(chunkCount: BatchPlan(sampleCount: batchSize).chunkCount)
        model.network.planTraining(sampleCount: batchSize)
        model.network.parameterGradients.fill(0)
    }

    /// Computes loss and gradients of a batch.
    ///
    /// - Parameter batch: positions in `samples`.
    /// - Returns: sums over the batch: the loss and the number of correct answers.
    func computeGradients(
        _ samples: ImageSamples, _ order: [Int], _ batch: Range<Int>, epoch: Int, step: UInt64
    ) -> (loss: Double, correct: Double) {
        let size = samples.height * samples.width
        let scale = 1 / Double(batch.count)
        model.network.trainingPass(sampleCount: batch.count, step: step) { chunk, inputs in
            for index in 0..<chunk.count {
                let position = order[batch.lowerBound + chunk.start + index]
                load(
                    samples, position, epoch: epoch,
                    into: inputs.slice(index * size, count: size))
            }
        } loss: { chunk, logits, gradient in
            let sums = loss.total(
                logits, chunk, { samples.label(order[batch.lowerBound + $0]) }, gradient: gradient,
                scale: scale)
            totals.set(chunk, sums)
        }
        return totals.sum(BatchPlan(sampleCount: batch.count))
    }

    private func load(
        _ samples: ImageSamples, _ position: Int, epoch: Int, into inputs: FloatSlice
    ) {
        if let augmentation {
            let map = augmentation.map(image: samples.indices[position], epoch: epoch)
            samples.load(position, through: map, into: inputs)
        } else {
            samples.load(position, into: inputs)
        }
    }

    /// Applies the gradients and zeroes them for the next step.
    func update(learningRate: Double, momentum: Double?) {
        let parameters = model.network.parameterValues
        let gradients = model.network.parameterGradients
        clipping?.clip(gradients, pool: model.network.pool)
        optimizer.beginStep(learningRate: learningRate, momentum: momentum)
        average?.beginUpdate()
        let size = TrainingStep.updateSize
        model.network.pool.run((parameters.count + size - 1) / size) { task, _ in
            let range = task * size..<min((task + 1) * size, parameters.count)
            optimizer.update(parameters: parameters, gradients: gradients, range: range)
            average?.update(from: parameters, range: range)
            gradients.slice(range.lowerBound, count: range.count).fill(0)
        }
    }

    /// Throws the gradients of an abandoned step away.
    func discardGradients() { model.network.parameterGradients.fill(0) }
}
