import Kernels
import LinearAlgebra
import TestSupport
import Testing

@testable import Training

/// The fused training pass against the layers one by one, which are the reference, and against
/// finite differences of the loss.
@Suite struct FusedPassTests {
    // MARK: - Agreement with the layers

    /// Channels of one vector and several, padded and whole, with and without batch norm; dropout
    /// drops what it drops in the layers.
    @Test(arguments: ConvolutionPlan.fused, [[3, 5, 7], [18, 33, 16], [16, 32, 48]])
    func agreesWithTheLayers(plan: ConvolutionPlan, channels: [Int]) {
        for useBatchNorm in [true, false] {
            for dropout in [0, 0.4] {
                var config = SmallModel.config(channels: channels)
                config.network.useBatchNorm = useBatchNorm
                (config.network.dropout1Rate, config.network.dropout2Rate) = (dropout, dropout)
                let label = "batch norm \(useBatchNorm), dropout \(dropout)"
                expectAgreement(plan, config, height: 9, width: 13, sampleCount: 21, label)
            }
        }
    }

    @Test(arguments: ConvolutionPlan.fused, [[4, 4], [9, 13], [32, 30], [5, 28], [28, 28]])
    func agreesWithTheLayersOnOtherSizes(plan: ConvolutionPlan, size: [Int]) {
        for useBatchNorm in [true, false] {
            var config = SmallModel.config
            config.network.useBatchNorm = useBatchNorm
            expectAgreement(
                plan, config, height: size[0], width: size[1], sampleCount: 11,
                "batch norm \(useBatchNorm)")
        }
    }

    /// A pool in front of batch norm takes the smallest of a window where γ is negative, and the
    /// first where it is zero.
    @Test(
        arguments: ConvolutionPlan.fused, [[-1], [0], [1, -0.5, 0], [-1, 0]] as [[Float]])
    func agreesWhereScalesAreNegativeOrZero(plan: ConvolutionPlan, scales: [Float]) {
        expectAgreement(
            plan, SmallModel.config, height: 12, width: 10, sampleCount: 13, "scales \(scales)"
        ) { model in
            let state = withScales(model.stateDictionary(), scales)
            #expect(throws: Never.self) { try model.load(state) }
        }
    }

    private func withScales(_ state: StateDictionary, _ scales: [Float]) -> StateDictionary {
        var state = state
        for (index, entry) in state.entries.enumerated() where entry.name.hasPrefix("bn") {
            let channels = 0..<entry.values.count
            let values: [Float]
            switch entry.name.split(separator: ".")[1] {
            case "weight": values = channels.map { scales[$0 % scales.count] }
            // Where the scale is zero, whole channels are closed or open.
            case "bias": values = channels.map { $0 % 2 == 0 ? 0.3 : -0.2 }
            default: continue
            }
            state.entries[index] = .init(
                name: entry.name, shape: entry.shape, values: .floats(values))
        }
        return state
    }

    /// Both passes twice, as training goes on from the running statistics and masks of step one.
    private func expectAgreement(
        _ plan: ConvolutionPlan, _ config: ModelConfig, height: Int, width: Int, sampleCount: Int,
        _ label: String, prepare: (ConfiguredNetwork) -> Void = { _ in }
    ) {
        let samples = SmallModel.samples(sampleCount, seed: 17, height: height, width: width)
        atEachCPULevel { level in
            let models = [plan, .im2col].map {
                SmallModel.make(config, threads: 1, plan: $0, height: height, width: width)
            }
            for model in models {
                prepare(model)
                for step in 1...2 {
                    model.network.parameterGradients.fill(0)
                    SmallModel.trainingPass(model, samples, step: UInt64(step))
                }
            }
            expectSame(models[0], models[1], "\(label), level \(level)")
            assertClose(
                Evaluator.logits(models[0], samples), Evaluator.logits(models[1], samples),
                relative: 1e-5, absolute: 1e-5, "logits, \(label), level \(level)")
        }
    }

    private func expectSame(
        _ fused: ConfiguredNetwork, _ layered: ConfiguredNetwork, _ label: String
    ) {
        for (found, expected) in zip(fused.network.parameters, layered.network.parameters) {
            let name = "\(expected.name), \(label)"
            let (gradient, reference) = (found.exportedGradient, expected.exportedGradient)
            if layered.config.network.useBatchNorm && expected.isTakenAwayByBatchNorm {
                // Zero but for rounding.
                assertClose(gradient, reference, relative: 0, absolute: 1e-6, name)
            } else if reference.allSatisfy({ $0 == 0 }) {
                #expect(gradient == reference, "\(name)")
            } else {
                expectRelativeError(gradient, reference, 2e-5, name)
            }
        }
        for (found, expected) in zip(
            fused.stateDictionary().entries, layered.stateDictionary().entries)
        {
            switch (found.values, expected.values) {
            case (.floats(let values), .floats(let reference)):
                assertClose(values, reference, relative: 1e-5, absolute: 1e-6, expected.name)
            default: #expect(found == expected)
            }
        }
    }

    // MARK: - Finite differences

    /// Central differences of the loss by each parameter: along its gradient, and by its entries
    /// with the largest gradients.
    @Test(arguments: ConvolutionPlan.tested, [true, false])
    func gradientsAreThoseOfTheLoss(plan: ConvolutionPlan, useBatchNorm: Bool) {
        var config = SmallModel.config
        (config.network.dropout1Rate, config.network.dropout2Rate) = (0, 0)
        config.network.useBatchNorm = useBatchNorm
        let model = SmallModel.make(config, threads: 2, plan: plan, height: 9, width: 13)
        let samples = SmallModel.samples(10, seed: 19, height: 9, width: 13)
        let loss = LossOfParameters(model, samples)
        _ = loss.value()
        let gradients = model.network.parameters.map(\.gradient.array)
        for (parameter, gradient) in zip(model.network.parameters, gradients) {
            if useBatchNorm && parameter.isTakenAwayByBatchNorm {
                let slope = loss.slope(parameter, [Float](repeating: 1, count: gradient.count))
                #expect(abs(slope) < 1e-4, "\(parameter.name)")
                continue
            }
            for direction in directions(gradient) {
                let expected = zip(gradient, direction).reduce(0) {
                    $0 + Double($1.0) * Double($1.1)
                }
                let slope = loss.slope(parameter, direction)
                // Rounding of the loss, and what still changed sides.
                #expect(
                    abs(slope - expected) < 1e-4 + 2e-2 * abs(expected),
                    "\(parameter.name): slope \(slope), gradient \(expected)")
            }
        }
    }

    private func directions(_ gradient: [Float]) -> [[Float]] {
        let length = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let largest = gradient.indices.sorted { gradient[$0].magnitude > gradient[$1].magnitude }
        return [gradient.map { $0 / length }]
            + largest.prefix(3).map { entry in
                gradient.indices.map { $0 == entry ? 1 : 0 }
            }
    }

    // MARK: - Bits

    /// Batches of every size up to 40 and some that are cut into groups of chunks, one after the
    /// other, with dropout: gradients and running statistics have the same bits on any number of
    /// threads.
    @Test(arguments: ConvolutionPlan.tested)
    func bitsDoNotDependOnThreads(plan: ConvolutionPlan) {
        let samples = SmallModel.samples(133, seed: 23, height: 8, width: 9)
        let models = [1, 2, 3, 7].map { threads in
            let model = SmallModel.make(
                SmallModel.config, threads: threads, plan: plan, height: 8, width: 9)
            model.network.planTraining(sampleCount: samples.count)
            return model
        }
        for count in Array(2...40) + [67, 97, 133] {
            for model in models {
                model.network.parameterGradients.fill(0)
                let batch = samples.including(Array(0..<count))
                model.network.trainingPass(
                    sampleCount: count, step: UInt64(count), batch: WholeSet(model, batch))
            }
            let expected = models[0].network.parameterGradients.array
            #expect(expected.contains { $0 != 0 } && expected.allSatisfy { $0.isFinite })
            for model in models.dropFirst() {
                #expect(
                    model.network.parameterGradients.array == expected,
                    "\(count) samples on \(model.network.pool.threadCount) threads")
            }
        }
        for model in models.dropFirst() {
            #expect(model.stateDictionary() == models[0].stateDictionary())
        }
    }

    /// A batch of a single sample, where its image is large enough for batch norm.
    @Test(arguments: ConvolutionPlan.tested)
    func aBatchOfOneSample(plan: ConvolutionPlan) {
        let samples = SmallModel.samples(1, seed: 29)
        let gradients = [1, 2, 7].map { threads in
            let model = SmallModel.make(SmallModel.config, threads: threads, plan: plan)
            SmallModel.trainingPass(model, samples)
            return model.network.parameterGradients.array
        }
        #expect(gradients[0] == gradients[1] && gradients[0] == gradients[2])
        #expect(gradients[0].contains { $0 != 0 } && gradients[0].allSatisfy { $0.isFinite })
    }

    /// What was planned for more samples gives the same bits, whatever ran before.
    @Test(arguments: ConvolutionPlan.tested)
    func bitsDoNotDependOnThePlannedSize(plan: ConvolutionPlan) {
        let samples = SmallModel.samples(90, seed: 31, height: 8, width: 9)
        for count in [3, 8, 61, 65, 90] {
            let batch = samples.including(Array(0..<count))
            let results = [count, 90].map { planned in
                let model = SmallModel.make(
                    SmallModel.config, threads: 2, plan: plan, height: 8, width: 9)
                model.network.planTraining(sampleCount: planned)
                let state = model.stateDictionary()
                if planned > count {
                    model.network.trainingPass(
                        sampleCount: planned, step: 9, batch: WholeSet(model, samples))
                    try! model.load(state)
                    model.network.parameterGradients.fill(0)
                }
                model.network.trainingPass(
                    sampleCount: count, step: 3, batch: WholeSet(model, batch))
                return (model.network.parameterGradients.array, model.stateDictionary())
            }
            #expect(results[0].0 == results[1].0, "\(count) samples")
            #expect(
                results[0].1.entries.map(\.values) == results[1].1.entries.map(\.values),
                "\(count) samples")
        }
    }
}

extension Parameter {
    /// A bias in front of a batch norm, if there is one.
    var isTakenAwayByBatchNorm: Bool { name.hasPrefix("conv") && name.hasSuffix(".bias") }
}

/// The loss of a batch in training as a function of a model's parameters.
private struct LossOfParameters {
    private let model: ConfiguredNetwork
    private let batch: GivenBatch
    private let count: Int

    init(_ model: ConfiguredNetwork, _ samples: ImageSamples) {
        self.model = model
        count = samples.count
        batch = GivenBatch(model, samples)
        model.network.planTraining(sampleCount: count)
    }

    func value() -> Double {
        model.network.parameterGradients.fill(0)
        model.network.trainingPass(sampleCount: count, step: 1, batch: batch)
        return batch.lossSum / Double(count)
    }

    /// Small enough for few values to change sides of a ReLU or places in a pool on the way, large
    /// enough for a change of the loss that stands out of its rounding.
    private static let step: Float = 1e-3

    /// The slope along a direction, by central differences.
    func slope(_ parameter: Parameter, _ direction: [Float]) -> Double {
        let start = parameter.value.array
        func loss(_ step: Float) -> Double {
            parameter.value.update(from: zip(start, direction).map { $0 + step * $1 })
            return value()
        }
        let (up, down) = (loss(Self.step), loss(-Self.step))
        parameter.value.update(from: start)
        return (up - down) / (2 * Double(Self.step))
    }
}
