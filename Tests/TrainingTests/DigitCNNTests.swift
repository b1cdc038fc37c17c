import Kernels
import LinearAlgebra
import TestSupport
import Testing
import Training

@Suite struct DigitCNNTests {
    @Test func defaultModelHasPyTorchsParameterCountAndNames() throws {
        let model = try ConfiguredNetwork(config: .reference, pool: WorkerPool(threadCount: 1))
        #expect(model.parameterCount == 455_754)
        #expect(
            model.stateDictionary().entries.map(\.name) == [
                "conv1.weight", "conv1.bias", "bn1.weight", "bn1.bias", "bn1.running_mean",
                "bn1.running_var", "bn1.num_batches_tracked", "conv2.weight", "conv2.bias",
                "bn2.weight", "bn2.bias", "bn2.running_mean", "bn2.running_var",
                "bn2.num_batches_tracked", "conv3.weight", "conv3.bias", "bn3.weight", "bn3.bias",
                "bn3.running_mean", "bn3.running_var", "bn3.num_batches_tracked", "fc1.weight",
                "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias",
            ])
    }

    /// PyTorch's default draws weights and biases uniformly from ±1/√fanIn.
    @Test func initialisationIsUniformWithinItsBound() throws {
        let model = try ConfiguredNetwork(config: .reference, pool: WorkerPool(threadCount: 1))
        for (name, fanIn) in [("conv2.weight", 800), ("fc1.weight", 1152), ("fc1.bias", 1152)] {
            guard case .floats(let values)? = model.stateDictionary()[name]?.values else {
                Issue.record("\(name) is missing")
                continue
            }
            let bound = 1 / Float(fanIn).squareRoot()
            #expect(values.allSatisfy { $0.magnitude <= bound })
            let n = Float(values.count)
            let variance = values.reduce(0) { $0 + $1 * $1 } / n
            // Var of U(−b, b) is b²/3; its estimate has a relative standard error of √(0.8/n).
            #expect(abs(variance / (bound * bound / 3) - 1) < 5 * (0.8 / n).squareRoot(), "\(name)")
            #expect(values.contains { $0.magnitude > 0.9 * bound })
        }
    }

    @Test func stateSurvivesARoundTripAndFollowsTheSeed() throws {
        var config = SmallModel.config
        let first = SmallModel.make(config)
        config.seed = 43
        let second = SmallModel.make(config)
        #expect(first.stateDictionary() != second.stateDictionary())
        try second.load(first.stateDictionary())
        #expect(first.stateDictionary() == second.stateDictionary())
        #expect(
            SmallModel.make(SmallModel.config).stateDictionary() == first.stateDictionary())
    }

    @Test func aStateThatDoesNotFitIsNamedAndChangesNothing() throws {
        let model = SmallModel.make(SmallModel.config)
        let before = model.stateDictionary()
        var missing = before
        missing.entries.removeAll { $0.name == "fc2.bias" }
        #expect(throws: StateDictionaryError.missing(name: "fc2.bias", shape: [6])) {
            try model.load(missing)
        }
        var misshapen = before
        misshapen.entries[0] = .init(
            name: "conv1.weight", shape: [3, 1, 3, 3],
            values: .floats(.init(repeating: 0, count: 27)))
        #expect {
            try model.load(misshapen)
        } throws: {
            "\($0)".contains(
                "conv1.weight: checkpoint has [3, 1, 3, 3], model expects [3, 1, 5, 5]")
        }
        var surplus = before
        surplus.entries.append(.init(name: "fc4.bias", shape: [1], values: .floats([0])))
        #expect(throws: StateDictionaryError.surplus(name: "fc4.bias", shape: [1])) {
            try model.load(surplus)
        }
        #expect(model.stateDictionary() == before)
    }

    @Test(arguments: ConvolutionPlan.tested)
    func outputsDoNotDependOnGroupingOrThreads(plan: ConvolutionPlan) {
        let samples = SmallModel.samples(21, seed: 3)
        let one = SmallModel.make(SmallModel.config, threads: 1, plan: plan)
        let many = SmallModel.make(SmallModel.config, threads: 5, plan: plan)
        let all = Evaluator.logits(one, samples)
        #expect(Evaluator.logits(many, samples) == all)
        for position in [0, 7, 20] {
            let single = ImageSamples(
                pixels: samples.pixels, labels: samples.labels, height: 28, width: 28,
                indices: [position], normalization: samples.normalization)
            let expected = Array(all[position * 10..<position * 10 + 10])
            if plan == .im2col {
                // GEMM may sum in another order for another number of rows.
                assertClose(
                    Evaluator.logits(one, single), expected, relative: 1e-4, absolute: 1e-5)
            } else {
                // On several threads a single image goes another way, in the same order.
                #expect(Evaluator.logits(one, single) == expected)
                #expect(Evaluator.logits(many, single) == expected)
            }
        }
    }

    /// Threads cut a single image by rows of tiles, with odd heights and fewer rows than threads
    /// among the cases.
    @Test(arguments: ConvolutionPlan.tested.filter { $0 != .im2col })
    func aSingleImagesOutputsDoNotDependOnThreads(plan: ConvolutionPlan) throws {
        for (height, width) in [(4, 4), (9, 13), (14, 11), (27, 26), (32, 30), (45, 28)] {
            var generator = SeededGenerator(seed: UInt64(height))
            let samples = ImageSamples(
                pixels: (0..<2 * height * width).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                },
                labels: [0, 1], height: height, width: width, normalization: .mnist)
            let results = try [1, 2, 3, 4, 9].map { threads in
                let model = try ConfiguredNetwork(
                    config: SmallModel.config, inputHeight: height, inputWidth: width, plan: plan,
                    pool: WorkerPool(threadCount: threads))
                return Evaluator.logits(model, samples)
            }
            #expect(results.allSatisfy { $0 == results[0] }, "\(height)×\(width)")
            #expect(Set(results[0]).count > 10)
        }
    }

    @Test(arguments: [true, false], ConvolutionPlan.tested)
    func gradientsDoNotDependOnThreads(useBatchNorm: Bool, plan: ConvolutionPlan) {
        var config = SmallModel.config
        config.network.useBatchNorm = useBatchNorm
        let samples = SmallModel.samples(37, seed: 5)
        let results = [1, 2, 7].map { threads in
            let model = SmallModel.make(config, threads: threads, plan: plan)
            SmallModel.trainingPass(model, samples)
            return (model.network.parameterGradients.array, model.stateDictionary())
        }
        #expect(results[0].0 == results[1].0 && results[0].0 == results[2].0)
        #expect(results[0].1 == results[1].1 && results[0].1 == results[2].1)
        #expect(results[0].0.contains { $0 != 0 })
    }

    @Test(arguments: ConvolutionPlan.tested)
    func otherImageSizesAndClassCountsWork(plan: ConvolutionPlan) throws {
        var config = SmallModel.config
        config.network.classCount = 3
        for (height, width) in [(4, 4), (9, 13), (32, 30), (5, 28)] {
            let model = try ConfiguredNetwork(
                config: config, inputHeight: height, inputWidth: width, plan: plan,
                pool: WorkerPool(threadCount: 2))
            var generator = SeededGenerator(seed: 8)
            let pixels = (0..<5 * height * width).map { _ in
                UInt8(truncatingIfNeeded: generator.next())
            }
            let samples = ImageSamples(
                pixels: pixels, labels: [0, 1, 2, 1, 0], height: height, width: width,
                normalization: .init(mean: 0.1307, standardDeviation: 0.3081))
            SmallModel.trainingPass(model, samples)
            #expect(Evaluator.probabilities(model, samples).count == 15)
        }
    }
}
