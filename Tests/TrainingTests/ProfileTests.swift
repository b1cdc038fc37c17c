import Kernels
import TestSupport
import Testing

@testable import Training

/// Times and work of the parts of a pass, layer by layer.
@Suite struct ProfileTests {
    private static let samples = SmallModel.samples(20, seed: 31)

    private func model(threads: Int = 2) -> ConfiguredNetwork {
        SmallModel.make(SmallModel.config, threads: threads, plan: .im2col)
    }

    private func profile(_ model: ConfiguredNetwork) -> [String: ProfileSection] {
        Dictionary(uniqueKeysWithValues: model.network.takeProfile().map { ($0.name, $0) })
    }

    @Test func nothingIsTimedUnlessAsked() {
        let model = model()
        SmallModel.trainingPass(model, Self.samples)
        _ = Evaluator.probabilities(model, Self.samples)
        #expect(model.network.takeProfile().isEmpty)
    }

    /// 20 samples are three chunks. The work is what shapes say, by hand.
    @Test(arguments: [1, 3]) func aTrainingPassTellsEachPhaseOfEachLayer(threads: Int) throws {
        let model = model(threads: threads)
        model.network.profiling = true
        SmallModel.trainingPass(model, Self.samples)
        let profile = profile(model)
        #expect(profile.values.allSatisfy { $0.seconds > 0 })
        #expect(profile["load batch"]?.calls == 3 && profile["loss"]?.calls == 3)

        // conv2: 3 → 5 channels, 5×5, on 14×14.
        let forward = try #require(profile["conv2 forward"])
        let products = 2.0 * 75 * 5 * 196
        #expect(forward.calls == 3 && forward.flops == 20 * products)
        let activations = 20 * 196 * (3 + 5)
        let weights = 75 * 5 + 5
        #expect(forward.bytes == Double(4 * (activations + 3 * weights)))
        let backward = try #require(profile["conv2 backward"])
        #expect(backward.calls == 3 && backward.flops == 2 * forward.flops)
        // Nobody wants the gradient in the images.
        let first = try #require(profile["conv1 backward"])
        #expect(first.flops == profile["conv1 forward"]?.flops)
        // conv2's weights' gradients are added up in two tasks.
        #expect(profile["conv2 gradients"]?.calls == 2)

        #expect(profile["bn2 statistics"]?.flops == 20.0 * 3 * 196 * 5)
        #expect(profile["bn2 gradient sums"]?.calls == 3)
        let linear = try #require(profile["fc1 gradients"])
        #expect(linear.calls == 1 && linear.flops == 20.0 * 2 * 63 * 12)
        for name in ["bn2 Dropout2d", "bn3 AdaptiveAvgPool2d", "fc1 ReLU", "fc1 Dropout"] {
            #expect(profile["\(name) forward"]?.calls == 3, "\(name)")
            #expect(profile["\(name) backward"]?.calls == 3, "\(name)")
        }
    }

    /// A layer of a user's own states its cost, and the profile has it.
    @Test func aLayerStatesItsCost() {
        let shape = SampleShape(height: 4, width: 6, channels: 8)
        let depthwise = Conv2d(
            name: "conv",
            geometry: ConvolutionGeometry(
                input: shape, outputChannels: 8, kernelSize: 3, padding: 1, groups: 8))
        #expect(depthwise.flops(.forward, isFirst: false) == 2 * 9 * 192)
        #expect(depthwise.flops(.backward, isFirst: false) == 4 * 9 * 192)
        #expect(depthwise.flops(.backward, isFirst: true) == 2 * 9 * 192)
        #expect(depthwise.flops(.gradients, isFirst: true) == (9 * 8 + 8) / 8)
        #expect(MaxPool2d(shape, kernelSize: 2).flops(.forward, isFirst: false) == 192)
        #expect(
            MaxPool2d(shape, kernelSize: 3, stride: 1, padding: 1).flops(.backward, isFirst: false)
                == 9 * 192)
        #expect(Flatten(shape).flops(.forward, isFirst: false) == 0)
        #expect(ReLU(shape).flops(.backward, isFirst: false) == 192)
        #expect(ReLU(shape).flops(.gradients, isFirst: false) == 0)
        #expect(BatchNorm2d(name: "bn", shape).flops(.statistics, isFirst: false) == 3 * 192)
        #expect(LayerNorm(name: "ln", shape, affine: false).flops(.gradients, isFirst: false) == 0)
    }

    @Test func takingStartsAnewAndSwitchingOffStops() {
        let model = model()
        model.network.profiling = true
        SmallModel.trainingPass(model, Self.samples)
        #expect(!model.network.takeProfile().isEmpty)
        #expect(model.network.takeProfile().isEmpty)
        model.network.profiling = false
        SmallModel.trainingPass(model, Self.samples)
        #expect(model.network.takeProfile().isEmpty)
    }

    @Test func anEvaluationTellsItsLayers() {
        let model = model()
        model.network.profiling = true
        _ = Evaluator.probabilities(model, Self.samples)
        let profile = profile(model)
        #expect(profile["conv3"]?.flops == 20.0 * 2 * 45 * 7 * 49)
        #expect(profile["load images"]?.calls == 3 && profile["softmax"]?.calls == 3)
        #expect(profile["conv3 forward"] == nil)
    }

    /// Each parameter once a step, and gaps between them.
    @Test func aTrainersStepTellsItsOptimizer() throws {
        var config = SmallModel.config
        (config.epochs, config.batchSize) = (1, 10)
        let model = try ConfiguredNetwork(
            config: config, plan: .im2col, pool: WorkerPool(threadCount: 2))
        let trainer = try Trainer(
            model: model, training: Self.samples, validation: Self.samples)
        model.network.profiling = true
        _ = try trainer.run()
        let optimizer = try #require(profile(model)["optimizer"])
        // Two steps of Adam: value, gradient and two states, each read and written.
        #expect(optimizer.bytes == Double(2 * model.network.parameterValues.count * 32))
        #expect(optimizer.calls == 2 && optimizer.seconds > 0)
    }
}
