import Kernels
import LinearAlgebra

/// One optimizer step: load, forward, loss, backward (several times where gradients are accumulated),
/// clip, update. Allocates nothing.
final class TrainingStep: TrainingBatch {
    /// Of the step computed last.
    private(set) var sums: StepSums

    private let network: Network
    private let samples: any SampleSource
    private let measurement: OutputMeasurement
    private let clipping: GradientClipping?
    private let optimizer: any ParameterUpdate
    private let average: WeightAverage?
    private let batchSize: Int
    private let accumulationSteps: Int
    private let outputCount: Int
    private var updateJob: (Int, Int) -> Void = { _, _ in }

    // The pass under way; written between jobs, read by workers within them.
    private var order: [Int] = []
    private var firstSample = 0
    private var epoch = 0

    /// Parameters that one task updates; fixed, though elementwise updates don't mind.
    private static let updateSize = 16_384

    init(
        _ network: Network, samples: any SampleSource, loss: any Loss, metrics: [TrainingMetric],
        optimizer: any ParameterUpdate, average: WeightAverage?, options: TrainingOptions
    ) {
        self.network = network
        self.samples = samples
        self.optimizer = optimizer
        self.average = average
        accumulationSteps = options.accumulationSteps
        batchSize = min(options.batchSize, samples.count)
        outputCount = network.outputShape.count
        measurement = OutputMeasurement(loss: loss, metrics: metrics, sampleCount: batchSize)
        sums = StepSums(metricCount: metrics.count)
        clipping = options.gradientClipNorm.map {
            GradientClipping(
                maximumNorm: $0, parameterCount: network.parameterGradients.count)
        }
        network.planTraining(sampleCount: batchSize)
        network.parameterGradients.fill(0)
        let clock = SectionClock(
            [optimizer.cost(averaged: average != nil)], workerCount: network.pool.threadCount)
        network.updateClock = clock
        updateJob = { [unowned self] task, worker in
            let range = range(task)
            clock.measure(0, samples: Double(range.count), worker: worker) { update(range) }
        }
    }

    // MARK: - Gradients

    /// Computes loss and gradients of a step's samples, a batch at a time.
    ///
    /// - Parameters:
    ///   - range: positions in `order`, which lists positions in the samples.
    ///   - step: counted from 0.
    /// - Returns: the loss summed over the samples.
    func computeGradients(_ order: [Int], _ range: Range<Int>, epoch: Int, step: Int) -> Double {
        (self.order, self.epoch) = (order, epoch)
        sums.begin(weight: weight(range))
        var pass = step * accumulationSteps
        firstSample = range.lowerBound
        while firstSample < range.upperBound {
            let count = min(batchSize, range.upperBound - firstSample)
            network.trainingPass(sampleCount: count, step: UInt64(pass), batch: self)
            sums.add(measurement, BatchPlan(sampleCount: count))
            firstSample += count
            pass += 1
        }
        self.order = []
        return sums.loss
    }

    private func weight(_ range: Range<Int>) -> Double {
        var weight = 0.0
        for place in range {
            weight += measurement.loss.weight(
                of: samples.target(order[place]), outputCount: outputCount)
        }
        return weight
    }

    func load(_ chunk: Chunk, into inputs: FloatSlice) {
        samples.load(count: chunk.count, epoch: epoch, into: inputs) {
            order[firstSample + chunk.start + $0]
        }
    }

    func loss(_ chunk: Chunk, outputs: FloatSlice, gradient: FloatSlice) {
        measurement.measure(
            chunk, outputs: outputs,
            target: { samples.target(order[firstSample + chunk.start + $0]) },
            gradient: gradient, scale: sums.scale)
    }

    // MARK: - Update

    /// Applies the gradients and zeroes them for the next step.
    func update(learningRate: Double, momentum: Double?) {
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
        return task * size..<min((task + 1) * size, network.parameterValues.count)
    }

    private func update(_ range: Range<Int>) {
        let parameters = network.parameterValues
        let gradients = network.parameterGradients
        optimizer.update(parameters: parameters, gradients: gradients, range: range)
        average?.update(from: parameters, range: range)
        gradients.slice(range.lowerBound, count: range.count).fill(0)
    }

    /// Throws the gradients of an abandoned step away.
    func discardGradients() { network.parameterGradients.fill(0) }
}
