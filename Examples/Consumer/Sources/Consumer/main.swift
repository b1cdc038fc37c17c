import Datasets
import Foundation
import Kernels
import Training

// The digits that ship with the package; nothing is downloaded.
let nowhere = URL(fileURLWithPath: "/nonexistent")
let digits = try DatasetLoader(cache: nowhere, mirrors: []).load(.mnist).train
let images = ImageSamples(
    pixels: digits.pixels, labels: digits.labels.map(Int.init), height: digits.height,
    width: digits.width, normalization: .mnist)
let split = images.count * 4 / 5

let layers: [LayerDescription] = [
    .conv2d(16, kernel: 5, padding: 2), .batchNorm(), .relu, .maxPool(2), .flatten, .linear(10),
]
let network = try Network(NetworkDescription(input: images.shape, layers), pool: WorkerPool())
let trainer = try Trainer(
    network: network, loss: SoftmaxCrossEntropy(classCount: 10),
    schedule: CosineAnnealing(learningRate: 0.002, epochs: 10),
    training: images.including(Array(0..<split)),
    validation: images.including(Array(split..<images.count)))
let result = try trainer.run()
try NetworkFile(network).write(to: URL(fileURLWithPath: CommandLine.arguments[1]))
print("validation accuracy", result.best?.validationAccuracy ?? 0)
