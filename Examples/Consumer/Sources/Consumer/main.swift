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

var config = ModelConfig.fast
config.epochs = 1
let model = ConfiguredNetwork(config: config, pool: WorkerPool())
let trainer = try Trainer(
    model: model, training: images.including(Array(0..<split)),
    validation: images.including(Array(split..<images.count)))
let result = try trainer.run()
print("validation accuracy", result.history.last?.validationAccuracy ?? 0)
