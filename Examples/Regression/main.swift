import Foundation
import Kernels
import LinearAlgebra
import Training

// Friedman's first function of ten numbers, of which five say nothing, with noise and a few outliers:
// y = 10 sin(π·x₀·x₁) + 20 (x₂ − ½)² + 10 x₃ + 5 x₄.
// Source: Friedman (1991), "Multivariate Adaptive Regression Splines".
func friedman(_ x: [Float]) -> Float {
    10 * sin(.pi * x[0] * x[1]) + 20 * (x[2] - 0.5) * (x[2] - 0.5) + 10 * x[3] + 5 * x[4]
}

func measured(_ count: Int, noise: Float) -> VectorSamples {
    let rows = (0..<count).map { _ in (0..<10).map { _ in Float.random(in: 0...1) } }
    // Around 0 and of size 1, as networks like it.
    let targets = rows.enumerated().map { index, row in
        let outlier: Float = noise > 0 && index % 50 == 0 ? 20 : 0
        return (friedman(row) + .random(in: -noise...noise) + outlier - 14) / 5
    }
    return VectorSamples(features: rows.flatMap(\.self), featureCount: 10, targets: targets)
}

let (training, validation) = measured(4_000, noise: 1).split(fraction: 0.2, seed: 1)

let network = try Network(
    NetworkDescription(
        input: SampleShape(features: 10),
        [
            .linear("fc1", 64, initialization: .kaimingNormal()), .relu,
            .linear("fc2", 64, initialization: .kaimingNormal()), .relu, .linear("out", 1),
        ]), seed: 7, pool: WorkerPool())

var options = TrainingOptions(epochs: 100, batchSize: 32, accumulationSteps: 2)
options.gradientClipNorm = 1
options.emaDecay = 0.99
options.earlyStopping = EarlyStopping(patience: 20, minDelta: 0)

let steps = options.epochs * options.stepsPerEpoch(sampleCount: training.count)
let trainer = try Trainer(
    network: network, loss: Huber(delta: 0.5), optimizer: AdamW(weightDecay: 1e-3),
    schedule: OneCycle(maximumLearningRate: 0.01, totalSteps: steps), training: training,
    validation: validation, options: options,
    metrics: [
        .meanAbsoluteError, .rootMeanSquaredError,
        // A metric of one's own is a mean over samples.
        TrainingMetric("within_half_a_unit") { outputs, target in
            guard case .values(let values) = target else { return 0 }
            return abs(outputs[0] - values[0]) < 0.1 ? 1 : 0
        },
    ])
let result = try trainer.run { event in
    guard case .epoch(let epoch) = event, epoch.epoch % 10 == 0 else { return }
    let metrics = epoch.validationMetrics.sorted { $0.key < $1.key }
    print("epoch \(epoch.epoch):", metrics.map { "\($0) \($1)" }.joined(separator: ", "))
}

// Saved, read again, and compared with the function itself, which has no noise.
let file = URL(fileURLWithPath: CommandLine.arguments.dropFirst().first ?? "friedman.safetensors")
try NetworkFile(network, facts: NetworkFacts(result)).write(to: file)
let read = try NetworkFile.read(file).makeNetwork(pool: WorkerPool())
let exact = measured(1_000, noise: 0)
let error = try Evaluator.measure(read, exact, loss: MeanSquaredError()).loss
print("mean squared error \(25 * error) of a variance of 24, saved in \(file.path)")
