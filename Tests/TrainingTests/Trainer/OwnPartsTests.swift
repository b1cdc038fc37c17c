import Foundation
import Kernels
import LinearAlgebra
import TestSupport
import Testing
// As a package that depends on it sees it.
import Training

/// An optimizer, a loss and a source of samples that aren't ours take part in a training as ours
/// do.
@Suite struct OwnPartsTests {
    private func trainer(_ optimizer: any Optimizer = HeavyDifference()) throws -> Trainer {
        let description = NetworkDescription(
            input: SampleShape(features: 2),
            [.linear("hidden", 24), .tanh, .linear("head", 2)])
        return try Trainer(
            network: Network(description, seed: 9, pool: WorkerPool(threadCount: 3)),
            loss: LogCosh(), optimizer: optimizer, schedule: ConstantRate(learningRate: 0.2),
            training: Spirals(count: 150, noise: 0.01), validation: Spirals(count: 40, noise: 0),
            options: TrainingOptions(epochs: 60, batchSize: 20, emaDecay: 0.5),
            metrics: [.meanAbsoluteError])
    }

    @Test func theyTrain() throws {
        let trainer = try trainer()
        let result = try trainer.run()
        let (first, best) = (try #require(result.history.first), try #require(result.best))
        #expect(best.validationLoss < 0.3 * first.trainLoss, "\(first.trainLoss) \(best)")
        #expect(try #require(best.validationMetrics["mean_absolute_error"]) < 0.3)
    }

    /// In the middle of an epoch, at its end, and after the first step.
    @Test(arguments: [1, 8, 21])
    func whatIsResumedEndsAsIfNeverInterrupted(steps: Int) throws {
        let whole = try trainer()
        let expected = try whole.run()
        let checkpoint = try interrupted(trainer(), after: steps)
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("own.safetensors")
            try checkpoint.write(to: file)
            let text = String(decoding: try Data(contentsOf: file).prefix(20_000), as: UTF8.self)
            #expect(text.contains("velocity") && text.contains("last_gradient"))
            let second = try trainer()
            try second.resume(from: Checkpoint.read(file))
            #expect(second.stepCount == steps)
            let resumed = try second.run()
            #expect(second.network.stateDictionary() == whole.network.stateDictionary())
            #expect(resumed.history.map(\.trainLoss) == expected.history.map(\.trainLoss))
        }
    }

    @Test func itsSettingsTellTheTrainingFromAnother() throws {
        let checkpoint = try interrupted(trainer(), after: 2)
        #expect {
            try trainer(HeavyDifference(friction: 0.8)).resume(from: checkpoint)
        } throws: { "\($0)".contains("friction") }
    }

    private func interrupted(_ trainer: Trainer, after steps: Int) throws -> Checkpoint {
        var (count, saved) = (0, Checkpoint?.none)
        _ = try trainer.run(
            shouldStop: {
                count += 1
                return count == steps
            }, onInterrupt: { saved = $0 })
        return try #require(saved)
    }
}

/// Momentum that looks ahead by the change of the gradient: v = friction·v + g + (g − last g),
/// p −= rate·v. The first step has no last gradient.
private struct HeavyDifference: Optimizer {
    var friction = 0.7

    struct Scalars {
        let rate: Float
        let friction: Float
        let isFirst: Bool
    }

    var record: ComponentRecord { ComponentRecord("heavy_difference", ["friction": friction]) }
    var stateNames: [String] { ["velocity", "last_gradient"] }
    var flopsPerParameter: Double { 6 }

    func scalars(step: Int, learningRate: Double, momentum: Double?) -> Scalars {
        Scalars(
            rate: Float(learningRate), friction: Float(momentum ?? friction), isFirst: step == 1)
    }

    func update(
        _ parameters: FloatSlice, gradients: FloatSlice, state: [FloatSlice], range: Range<Int>,
        scalars: Scalars
    ) {
        let (velocity, last) = (state[0], state[1])
        for index in range {
            let gradient = gradients[index]
            let change = scalars.isFirst ? 0 : gradient - last[index]
            velocity[index] = scalars.friction * velocity[index] + gradient + change
            last[index] = gradient
            parameters[index] -= scalars.rate * velocity[index]
        }
    }
}

/// log cosh of each difference: squares near zero, and straight far from it.
private struct LogCosh: ElementwiseLoss {
    let title = "log cosh"
    var record: ComponentRecord { ComponentRecord("log_cosh") }

    func element(_ output: Double, target: Double, index: Int) -> (loss: Double, gradient: Double) {
        let difference = output - target
        return (log(cosh(difference)), tanh(difference))
    }
}

/// Angle and radius, which a position makes up, and the point that they name; with noise of their
/// own each epoch.
private struct Spirals: SampleSource {
    let count: Int
    let noise: Double

    var inputShape: SampleShape { SampleShape(features: 2) }
    var targetKind: TargetKind { .values(count: 2) }

    private func place(_ position: Int) -> (angle: Double, radius: Double) {
        let part = Double(position * 37 % count) / Double(count)
        return (4 * part - 2, Double(position * 11 % count) / Double(count))
    }

    func load(_ position: Int, epoch: Int?, into input: FloatSlice) {
        let (angle, radius) = place(position)
        let jitter = epoch.map { noise * sin(Double($0 * 31 + position)) } ?? 0
        input[0] = Float(angle + jitter)
        input[1] = Float(radius)
    }

    func target(_ position: Int) -> Target {
        let (angle, radius) = place(position)
        return .values(FloatSlice([Float(radius * cos(angle)), Float(radius * sin(angle))]))
    }

    func contentDigest() -> String { "spirals of \(count), \(noise)" }
}
