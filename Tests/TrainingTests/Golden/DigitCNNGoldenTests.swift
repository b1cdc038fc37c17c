import Foundation
import Kernels
import LinearAlgebra
import TestSupport
import Testing

@testable import Training

/// The whole network, its loss and its training against PyTorch's float64.
///
/// PyTorch's own float32 run is within 1e-5 of it (`digitcnn_float32.json`), apart from the biases
/// in front of a batch norm: their gradient is zero but for rounding.
@Suite struct DigitCNNGoldenTests {
    static let small = GoldenTensors("digitcnn_small.safetensors")
    static let full = GoldenTensors("digitcnn_default.safetensors")

    private static let smallConfig: ModelConfig = {
        var config = SmallModel.config
        config.network.dropout1Rate = 0
        config.network.dropout2Rate = 0
        return config
    }()

    @Test(arguments: ConvolutionPlan.tested)
    func smallNetworkPassesAsInPyTorch(plan: ConvolutionPlan) throws {
        let model = SmallModel.make(Self.smallConfig, plan: plan)
        try model.load(Self.small.state("weights."))
        checkPass(model, Self.small, inputs: Self.small.floats("input"), prefix: "")
    }

    /// The kernels that this machine would not choose by itself, too.
    @Test(arguments: ConvolutionPlan.tested)
    func smallNetworkPassesAsInPyTorchOnEveryCPULevel(plan: ConvolutionPlan) throws {
        try atEachCPULevel { _ in
            // A single thread is this one, which is limited.
            let model = SmallModel.make(Self.smallConfig, threads: 1, plan: plan)
            try model.load(Self.small.state("weights."))
            checkPass(model, Self.small, inputs: Self.small.floats("input"), prefix: "")
        }
    }

    @Test(arguments: ConvolutionPlan.tested)
    func networkWithoutBatchNormPassesAsInPyTorch(plan: ConvolutionPlan) throws {
        var config = Self.smallConfig
        config.network.useBatchNorm = false
        let model = SmallModel.make(config, plan: plan)
        try model.load(Self.small.state("no_norm.weights."))
        checkPass(model, Self.small, inputs: Self.small.floats("input"), prefix: "no_norm.")
    }

    @Test(arguments: ConvolutionPlan.tested)
    func defaultNetworkPassesAsInPyTorch(plan: ConvolutionPlan) {
        var config = ModelConfig.reference
        config.network.dropout1Rate = 0
        config.network.dropout2Rate = 0
        let model = SmallModel.make(config, plan: plan)
        let sums = setByFormula(model, seed: 2000)
        assertClose(sums, Self.full.doubles("weight_sums"), relative: 1e-12, "weights")
        let batch = goldenBatch(seed: 3000, count: 8)
        assertClose(
            [batch.inputs.reduce(0.0) { $0 + Double($1) }], Self.full.doubles("input_sum"),
            relative: 1e-12)
        checkPass(model, Self.full, inputs: batch.inputs, prefix: "")
    }

    @Test(
        arguments: ["adam", "adamw", "sgd", "sgd_nesterov", "rmsprop"], ConvolutionPlan.tested)
    func twentyStepsTrackPyTorch(name: String, plan: ConvolutionPlan) throws {
        let (config, learningRate) = optimizerConfig(name)
        let model = SmallModel.make(config, plan: plan)
        try model.load(Self.small.state("weights."))
        let optimizer = config.makeOptimizer(parameterCount: model.network.parameterValues.count)
        var losses: [Double] = []
        for step in 0..<20 {
            let batch = goldenBatch(seed: 1000 + UInt64(step), count: 6)
            #expect(
                batch.labels
                    == Array(Self.small.integers("step_labels")[step * 6..<step * 6 + 6]))
            model.network.parameterGradients.fill(0)
            losses.append(trainingPass(model, batch.inputs, batch.labels).loss)
            optimizer.step(
                parameters: model.network.parameterValues,
                gradients: model.network.parameterGradients, learningRate: learningRate)
        }
        assertClose(losses, Self.small.doubles("\(name).losses"), relative: 1e-5, name)
        checkFinalState(model, name)
    }

    /// Model configs with the numbers of `generate/digitcnn.py`.
    private func optimizerConfig(_ name: String) -> (ModelConfig, learningRate: Double) {
        var config = Self.smallConfig
        config.optimizer.type = name.hasPrefix("sgd") ? .sgd : OptimizerType(rawValue: name)!
        config.optimizer.nesterov = name == "sgd_nesterov"
        config.optimizer.weightDecay = name == "adamw" ? 1e-2 : 1e-5
        return (config, config.optimizer.type == .sgd ? 1e-2 : 1e-3)
    }

    private func checkFinalState(_ model: ConfiguredNetwork, _ name: String) {
        let state = model.stateDictionary()
        var checked = 0
        for entry in Self.small.state("\(name).final.").entries {
            guard case .floats(let expected) = entry.values,
                case .floats(let actual)? = state[entry.name]?.values
            else {
                Issue.record("\(entry.name) is missing")
                continue
            }
            checked += 1
            if Self.followsRounding(entry.name) {
                // At most a step of the learning rate at a time, whichever way rounding sends it.
                assertClose(actual, expected, relative: 0, absolute: 0.02, "\(name) \(entry.name)")
            } else {
                expectRelativeError(
                    actual, expected, Self.finalTolerance(model.plan), "\(name) \(entry.name)")
            }
        }
        #expect(checked == 24)
    }

    /// In Adam's eleventh step one input of a ReLU behind conv3 is 2.1e-6. F(4×4) loses enough to
    /// close it, on some CPUs: it counts for 1e-4 in the weights after twenty steps. The others,
    /// and F(4×4) without such luck, end within 1e-6.
    private static func finalTolerance(_ plan: ConvolutionPlan) -> Double {
        plan == .winograd4 ? 5e-4 : 1e-4
    }

    /// A bias in front of batch norm, and the running mean that takes it up.
    private static func followsRounding(_ name: String) -> Bool {
        name.hasPrefix("conv") && name.hasSuffix(".bias") || name.hasSuffix(".running_mean")
    }

    // MARK: - One pass

    private func checkPass(
        _ model: ConfiguredNetwork, _ goldens: GoldenTensors, inputs: [Float], prefix: String
    ) {
        let labels = goldens.integers("labels")
        let pass = trainingPass(model, inputs, labels)
        // The issue asks for 1e-4 in logits and 1e-3 in gradients; float32 gives these.
        expectRelativeError(pass.logits, goldens.floats("\(prefix)logits"), 1e-5, "logits")
        assertClose([pass.loss], goldens.doubles("\(prefix)loss"), relative: 1e-6, "loss")
        for parameter in model.network.parameters { checkGradient(parameter, goldens, prefix) }
        if model.config.network.useBatchNorm { checkRunningStatistics(model, goldens) }
        expectRelativeError(
            evaluationLogits(model, inputs, count: labels.count),
            goldens.floats("\(prefix)logits_evaluation"), 1e-5, "logits in evaluation")
    }

    private func checkGradient(_ parameter: Parameter, _ goldens: GoldenTensors, _ prefix: String) {
        let expected = goldens.floats("\(prefix)grad.\(parameter.name)")
        var actual = parameter.exportedGradient
        if actual.count != expected.count {
            // Of fc1.weight every fourth row is stored.
            let width = parameter.layout.shape[1]
            actual = stride(from: 0, to: parameter.layout.shape[0], by: 4).flatMap {
                actual[$0 * width..<($0 + 1) * width]
            }
        }
        if prefix.isEmpty && Self.followsRounding(parameter.name) {
            assertClose(actual, expected, relative: 0, absolute: 1e-6, parameter.name)
        } else {
            expectRelativeError(actual, expected, 2e-5, parameter.name)
        }
    }

    private func checkRunningStatistics(_ model: ConfiguredNetwork, _ goldens: GoldenTensors) {
        let state = model.stateDictionary()
        for number in 1...3 {
            for name in ["bn\(number).running_mean", "bn\(number).running_var"] {
                guard case .floats(let actual)? = state[name]?.values else {
                    Issue.record("\(name) is missing")
                    continue
                }
                expectRelativeError(actual, goldens.floats("after.\(name)"), 2e-6, name)
            }
            #expect(state["bn\(number).num_batches_tracked"]?.values == .integers([1]))
        }
    }

    private func trainingPass(
        _ model: ConfiguredNetwork, _ inputs: [Float], _ labels: [Int]
    ) -> (logits: [Float], loss: Double) {
        let batch = GivenBatch(model, inputs, labels)
        model.network.planTraining(sampleCount: labels.count)
        model.network.trainingPass(sampleCount: labels.count, step: 1, batch: batch)
        return (batch.logits.array, batch.lossSum / Double(labels.count))
    }

    private func evaluationLogits(_ model: ConfiguredNetwork, _ inputs: [Float], count: Int)
        -> [Float]
    {
        let (size, source) = (model.inputShape.count, FloatSlice(inputs))
        let classCount = model.config.network.classCount
        let logits = FloatBuffer(count: count * classCount).all
        model.network.evaluate(sampleCount: count) { chunk, target in
            target.update(from: source.slice(chunk.start * size, count: chunk.count * size))
        } consume: { chunk, outputs in
            logits.slice(chunk.start * classCount, count: outputs.count).update(from: outputs)
        }
        return logits.array
    }

    // MARK: - Formulas of generate/digitcnn.py

    private func goldenBatch(seed: UInt64, count: Int) -> (inputs: [Float], labels: [Int]) {
        var generator = SeededGenerator(seed: seed)
        let inputs = generator.floats(count * 784)
        return (inputs, (0..<count).map { _ in Int((generator.next() >> 32) % 10) })
    }

    /// - Returns: each parameter's sum.
    private func setByFormula(_ model: ConfiguredNetwork, seed: UInt64) -> [Double] {
        var fanIn = 0
        return model.network.parameters.enumerated().map { index, parameter in
            var generator = SeededGenerator(seed: seed + UInt64(index))
            let isWeight = parameter.name.hasSuffix("weight")
            let u = generator.floats(parameter.count)
            let values: [Float]
            if parameter.name.hasPrefix("bn") {
                values = u.map { $0 * 0.5 + (isWeight ? 1 : 0) }
            } else {
                if isWeight { fanIn = parameter.layout.shape.dropFirst().reduce(1, *) }
                let bound = 1 / Float(fanIn).squareRoot()
                values = u.map { $0 * bound }
            }
            parameter.setValue(values)
            return values.reduce(0.0) { $0 + Double($1) }
        }
    }
}
