import Foundation
import Kernels
import Training

// ResNet-8 (the form for small images) learns four shapes, in any colour on any other, anywhere in
// pictures of 24×24.
struct Pictures {
    let side = 24

    func make(_ count: Int) -> ImageSamples {
        let labels = (0..<count).map { $0 % 4 }
        let pixels = labels.flatMap { picture($0) }
        return ImageSamples(
            pixels: pixels, labels: labels, height: side, width: side, channels: 3,
            normalization: InputNormalization(
                mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25]))
    }

    private func picture(_ shape: Int) -> [UInt8] {
        let (ground, figure) = (colour(40...110), colour(150...250))
        let radius = Float.random(in: 5...8)
        let (x, y) = (place(radius), place(radius))
        var pixels: [UInt8] = []
        for row in 0..<side {
            for column in 0..<side {
                let (x, y) = ((Float(column) - x) / radius, (Float(row) - y) / radius)
                pixels += isInside(shape, x, y) ? figure : ground
            }
        }
        return pixels
    }

    private func colour(_ range: ClosedRange<UInt8>) -> [UInt8] {
        (0..<3).map { _ in .random(in: range) }
    }

    private func place(_ radius: Float) -> Float {
        .random(in: radius...Float(side) - radius)
    }

    /// - Parameters: x and y from the middle, in radii.
    private func isInside(_ shape: Int, _ x: Float, _ y: Float) -> Bool {
        switch shape {
        case 0: x * x + y * y < 1
        case 1: max(abs(x), abs(y)) < 0.85
        case 2: abs(x) + abs(y) < 1
        default: min(abs(x), abs(y)) < 0.3 && max(abs(x), abs(y)) < 1
        }
    }
}

let pictures = Pictures()
let (training, validation) = (pictures.make(2_000), pictures.make(400))
var changes = AugmentationConfig()
changes.rotationDegrees = 8
let augmented = AugmentedImages(
    training, Augmentation(changes, seed: 1, height: training.height, width: training.width))

let description = NetworkDescription.resNet(
    input: training.shape, depth: 8, width: 8, classCount: 4)
let network = try Network(description, seed: 1, pool: WorkerPool())
let options = TrainingOptions(epochs: 10, batchSize: 32, emaDecay: 0.98)
let steps = options.epochs * options.stepsPerEpoch(sampleCount: training.count)
let trainer = try Trainer(
    network: network, loss: SoftmaxCrossEntropy(classCount: 4, labelSmoothing: 0.05),
    optimizer: SGD(momentum: 0.9, nesterov: true, weightDecay: 5e-4),
    schedule: OneCycle(maximumLearningRate: 0.1, totalSteps: steps), training: augmented,
    validation: validation, options: options)
let result = try trainer.run { event in
    guard case .epoch(let epoch) = event else { return }
    print(
        "epoch \(epoch.epoch): loss \(epoch.trainLoss), accuracy \(epoch.validationAccuracy ?? 0),",
        "\(Int(epoch.imagesPerSecond)) images/s")
}
let file = URL(fileURLWithPath: CommandLine.arguments.dropFirst().first ?? "shapes.safetensors")
let facts = NetworkFacts(
    result, normalization: training.normalization,
    classNames: ["circle", "square", "diamond", "cross"])
try NetworkFile(network, facts: facts).write(to: file)
print("accuracy \(result.best?.validationAccuracy ?? 0), saved in \(file.path)")
