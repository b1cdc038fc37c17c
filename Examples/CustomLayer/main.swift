import Foundation
import Kernels
import LinearAlgebra
import Training

// A layer of one's own: an activation that learns its shape. Its gradients are checked against finite
// differences, and then it is trained within a network.

/// y = x · σ(s·x), with a slope s for each feature.
///
/// Source: Ramachandran, Zoph, Le (2017), "Searching for Activation Functions".
final class Swish: Layer {
    let name: String
    let inputShape: SampleShape
    let slope: Parameter

    init(name: String, _ shape: SampleShape) {
        self.name = name
        inputShape = shape
        slope = Parameter(name: "\(name).slope", layout: .plain([shape.count]))
        slope.setValue([Float](repeating: 1, count: shape.count))
    }

    var outputShape: SampleShape { inputShape }
    var parameters: [Parameter] { [slope] }

    private func gate(_ x: FloatSlice, _ index: Int) -> Float {
        1 / (1 + exp(-slope.value[index % slope.count] * x[index]))
    }

    func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        for index in 0..<x.count { y[index] = x[index] * gate(x, index) }
    }

    func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        for index in 0..<dy.count {
            let gate = gate(x, index)
            let slope = slope.value[index % slope.count]
            dx[index] = dy[index] * gate * (1 + slope * x[index] * (1 - gate))
        }
    }

    // The slopes' gradient is summed over the whole batch, in the order of its samples: that is why it
    // doesn't depend on the number of threads.
    var gradientTaskCount: Int { 1 }

    func addGradients(task: Int, x: FloatSlice, dy: FloatSlice, _ plan: BatchPlan) {
        for index in 0..<plan.sampleCount * slope.count {
            let gate = gate(x, index)
            slope.gradient[index % slope.count] +=
                dy[index] * x[index] * x[index] * gate * (1 - gate)
        }
    }
}

func network() throws -> Network {
    try Network(
        NetworkDescription(
            input: SampleShape(features: 4),
            [
                .linear("fc1", 16), .custom("swish", "Swish") { Swish(name: $0, $1) },
                .linear("fc2", 1),
            ]), seed: 5, pool: WorkerPool())
}

/// All samples as one batch, with the mean squared error.
final class WholeBatch: TrainingBatch {
    let samples: VectorSamples
    private let losses: FloatSlice

    init(_ samples: VectorSamples) {
        self.samples = samples
        losses = FloatBuffer(count: samples.count).all
    }

    var loss: Double { losses.array.reduce(0) { $0 + Double($1) } }

    func load(_ chunk: Chunk, into inputs: FloatSlice) {
        for sample in 0..<chunk.count {
            samples.load(chunk.start + sample, epoch: nil, into: inputs.slice(4 * sample, count: 4))
        }
    }

    func loss(_ chunk: Chunk, outputs: FloatSlice, gradient: FloatSlice) {
        for sample in 0..<chunk.count {
            let place = chunk.start + sample
            losses[place] = Float(
                MeanSquaredError().value(
                    outputs.slice(sample, count: 1), target: samples.target(place),
                    gradient: gradient.slice(sample, count: 1), scale: 1))
        }
    }
}

/// The largest difference between the gradients of all weights and central differences of the loss, as a
/// share of the largest gradient.
func gradientError(_ network: Network, _ samples: VectorSamples) -> Double {
    let batch = WholeBatch(samples)
    network.planTraining(sampleCount: samples.count)
    func loss() -> Double {
        network.trainingPass(sampleCount: samples.count, step: 0, batch: batch)
        return batch.loss
    }
    network.parameterGradients.fill(0)
    _ = loss()
    let gradients = network.parameterGradients.array
    let step: Float = 1.0 / 128
    var largest = 0.0
    for index in gradients.indices {
        let value = network.parameterValues[index]
        network.parameterValues[index] = value + step
        let above = loss()
        network.parameterValues[index] = value - step
        let slope = (above - loss()) / Double(2 * step)
        network.parameterValues[index] = value
        largest = max(largest, abs(slope - Double(gradients[index])))
    }
    return largest / Double(gradients.map(abs).max()!)
}

let rows: [[Float]] = (0..<600).map { _ in (0..<4).map { _ in .random(in: -1...1) } }
let targets: [Float] = rows.map { row in row[0] * row[1] - row[2] + row[3] / 2 }
let samples = VectorSamples(
    features: rows.flatMap(\.self), featureCount: 4, targets: targets)
let error = gradientError(try network(), samples.including(Array(0..<24)))
precondition(error < 1e-3, "the gradients are wrong by \(error)")

let (training, validation) = samples.split(fraction: 0.2, seed: 2)
let trained = try network()
let trainer = try Trainer(
    network: trained, loss: MeanSquaredError(),
    schedule: CosineAnnealing(learningRate: 0.02, epochs: 80), training: training,
    validation: validation, options: TrainingOptions(epochs: 80, batchSize: 16))
let best = try trainer.run().best
print("mean absolute error \(best?.validationMetrics["mean_absolute_error"] ?? 1)")
