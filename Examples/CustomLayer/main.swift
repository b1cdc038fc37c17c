import Foundation
import Kernels
import LinearAlgebra
import Training
import TrainingTestSupport

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

// The check runs the layer alone, with random slopes, over more than one chunk.
try GradientCheck.run(Swish(name: "swish", SampleShape(features: 5)), sampleCount: 24).check()

let network = try Network(
    NetworkDescription(
        input: SampleShape(features: 4),
        [
            .linear("fc1", 16), .custom("swish", "Swish") { Swish(name: $0, $1) },
            .linear("fc2", 1),
        ]), seed: 5, pool: WorkerPool())
let rows: [[Float]] = (0..<600).map { _ in (0..<4).map { _ in .random(in: -1...1) } }
let targets: [Float] = rows.map { row in row[0] * row[1] - row[2] + row[3] / 2 }
let samples = VectorSamples(
    features: rows.flatMap(\.self), featureCount: 4, targets: targets)
let (training, validation) = samples.split(fraction: 0.2, seed: 2)
let trainer = try Trainer(
    network: network, loss: MeanSquaredError(),
    schedule: CosineAnnealing(learningRate: 0.02, epochs: 80), training: training,
    validation: validation, options: TrainingOptions(epochs: 80, batchSize: 16))
let best = try trainer.run().best
print("mean absolute error \(best?.validationMetrics["mean_absolute_error"] ?? 1)")
