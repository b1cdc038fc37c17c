import Foundation
import Kernels
import Training

// Two spirals wound around each other: which of them is a point on?
let labels = (0..<2_000).map { $0 % 2 }
let features = labels.enumerated().flatMap { index, label in
    let turn = Float(index) / 2_000 * 3 * .pi
    let angle = turn + Float(label) * .pi
    return [turn * cos(angle) / 10, turn * sin(angle) / 10]
}
let samples = VectorSamples(features: features, featureCount: 2, labels: labels)
let (training, validation) = samples.split(fraction: 0.2, seed: 1)

let network = try Network(
    .mlp(input: SampleShape(features: 2), hidden: [64, 64], outputs: 2), pool: WorkerPool())
let trainer = try Trainer(
    network: network, loss: SoftmaxCrossEntropy(classCount: 2), optimizer: Adam(),
    schedule: CosineAnnealing(learningRate: 0.01, epochs: 50), training: training,
    validation: validation, options: TrainingOptions(epochs: 50, batchSize: 32))
let result = try trainer.run()
let file = URL(fileURLWithPath: CommandLine.arguments.dropFirst().first ?? "spirals.safetensors")
try NetworkFile(network, facts: NetworkFacts(result)).write(to: file)
print("accuracy \(result.best?.validationAccuracy ?? 0), saved in \(file.path)")
