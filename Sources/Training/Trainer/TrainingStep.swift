import Kernels
import LinearAlgebra

/// One optimizer step: load, forward, loss, backward, clip, update. Allocates nothing.
final class TrainingStep: TrainingBatch {
    private let model: DigitCNN
    private let loss: SoftmaxCrossEntropy
    private let augmentation: Augmentation?
    private let clipping: GradientClipping?
    private let optimizer: any ParameterUpdate
    private let average: WeightAverage?
    private let totals: ChunkTotals
    private let samples: ImageSamples
    private var updateJob: (Int, Int) -> Void = { _, _ in }

    // The batch under way; written between jobs, read by workers within them.
    private var order: [Int] = []
    private var batch = 0..<0
    private var epoch = 0

    /// Parameters that one task updates; fixed, though elementwise updates don't mind.
    private static let updateSize = 16_384

    init(
        _ model: DigitCNN, samples: ImageSamples, optimizer: any ParameterUpdate,
        average: WeightAverage?
    ) {
        let config = model.config
        self.model = model
        self.samples = samples
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
        let clock = SectionClock(
            [optimizer.cost(averaged: average != nil)], workerCount: model.network.pool.threadCount)
        model.network.updateClock = clock
        updateJob = { [unowned self] task, worker in
            let range = range(task)
            clock.measure(0, samples: Double(range.count), worker: worker) { update(range) }
        }
    }

    /// Computes loss and gradients of a batch.
    ///
    /// - Parameter batch: positions in `order`, which lists positions in `samples`.
    /// - Returns: sums over the batch: the loss and the number of correct answers.
    func computeGradients(
        _ order: [Int], _ batch: Range<Int>, epoch: Int, step: UInt64
    ) -> (loss: Double, correct: Double) {
        (self.order, self.batch, self.epoch) = (order, batch, epoch)
        model.network.trainingPass(sampleCount: batch.count, step: step, batch: self)
        self.order = []
        return totals.sum(BatchPlan(sampleCount: batch.count))
    }

    func load(_ chunk: Chunk, into inputs: FloatSlice) {
        let size = samples.height * samples.width
        for index in 0..<chunk.count {
            load(
                order[batch.lowerBound + chunk.start + index],
                into: inputs.slice(index * size, count: size))
        }
    }

    func loss(_ chunk: Chunk, outputs: FloatSlice, gradient: FloatSlice) {
        let scale = 1 / Double(batch.count)
        totals.set(
            chunk,
            loss.total(
                outputs, chunk, { samples.label(order[batch.lowerBound + $0]) }, gradient: gradient,
                scale: scale))
    }

    private func load(_ position: Int, into inputs: FloatSlice) {
        if let augmentation {
            let map = augmentation.map(image: samples.indices[position], epoch: epoch)
            samples.load(position, through: map, into: inputs)
        } else {
            samples.load(position, into: inputs)
        }
    }

    /// Applies the gradients and zeroes them for the next step.
    func update(learningRate: Double, momentum: Double?) {
        let network = model.network
        clipping?.clip(network.parameterGradients, pool: network.pool)
        optimizer.beginStep(learningRate: learningRate, momentum: momentum)
        average?.beginUpdate()
        let size = TrainingStep.updateSize
        network.pool.runKept(
            updateJob, chunkCount: (network.parameterValues.count + size - 1) / size)
    }

    /// The parameters that a task updates.
    private func range(_ task: Int) -> Range<Int> {
        let size = TrainingStep.updateSize
        return task * size..<min((task + 1) * size, model.network.parameterValues.count)
    }

    private func update(_ range: Range<Int>) {
        let parameters = model.network.parameterValues
        let gradients = model.network.parameterGradients
        optimizer.update(parameters: parameters, gradients: gradients, range: range)
        average?.update(from: parameters, range: range)
        gradients.slice(range.lowerBound, count: range.count).fill(0)
    }

    /// Throws the gradients of an abandoned step away.
    func discardGradients() { model.network.parameterGradients.fill(0) }
}
