import Foundation
import Kernels
import LinearAlgebra
import TestSupport
import Testing

@testable import Training

/// Networks drawn at random: whatever the plan, they compute what their layers compute one by one, which
/// is the reference, and give the same bits on any number of threads.
@Suite struct PlannedNetworkTests {
    private static let count = 200
    /// Drawn beyond those, lest fewer are compared.
    private static let spareCount = 3
    private static let shardCount = 4
    /// Of 600 comparisons. Rounding now and then closes a ReLU that another order of sums leaves
    /// open, which changes gradients at a stroke; a second batch decides then.
    private static let largestRetryCount = 4

    @Test func everyPlanComputesWhatTheLayersDo() async throws {
        let tally = try await withThrowingTaskGroup(of: PlanTally.self) { group in
            for shard in 0..<Self.shardCount {
                group.addTask {
                    var tally = PlanTally()
                    for seed in stride(
                        from: shard, to: Self.count + Self.spareCount, by: Self.shardCount)
                    {
                        var comparison = try PlanComparison(seed: UInt64(1000 + seed))
                        try comparison.check(&tally)
                    }
                    return tally
                }
            }
            return try await group.reduce(into: PlanTally()) { $0.add($1) }
        }
        print(tally)
        #expect(tally.networks >= Self.count, "\(tally)")
        #expect(tally.retries <= Self.largestRetryCount, "\(tally)")
        // Several chunks are a group only in larger batches.
        #expect(tally.networksOfWideGroups >= Self.count / 5, "\(tally)")
    }

    /// Of weights' gradients, running statistics and outputs, in training and in evaluation.
    @Test(arguments: [3, 4, 5, 6])
    func bitsDoNotDependOnThreads(seed: UInt64) throws {
        var networks = RandomNetworks(seed: seed)
        for number in 0..<6 {
            let description = networks.draw()
            let results = try [1, 2, 3].map { threads in
                let network = try Network(
                    description, seed: 1, pool: WorkerPool(threadCount: threads))
                let samples = number % 2 == 0 ? 43 : 61
                return Self.pass(network, samples: samples, seed: seed)
                    + [Self.evaluation(network, samples: samples, seed: seed)]
            }
            for result in results.dropFirst() {
                #expect(result == results[0], "seed \(seed), network \(number)")
            }
        }
    }

    /// Batch norm's statistics are sums about the running mean: of a channel whose mean lies far
    /// away from that, by its own deviation, they lose their digits, and are taken again.
    @Test(arguments: [8, 40, 61])
    func normsFarFromTheirRunningMeansAreExact(samples: Int) throws {
        let description = NetworkDescription(
            input: SampleShape(height: 9, width: 8, channels: 1),
            [
                .conv2d("stem", 18, kernel: 5, padding: 2), .batchNorm("norm1"), .relu, .maxPool(2),
                .conv2d("conv", 16, kernel: 3, padding: 1), .batchNorm("norm2"), .maxPool(2), .relu,
                .depthwiseConv2d("depthwise", kernel: 3, padding: 1), .batchNorm("norm3"), .relu,
                .conv2d("pointwise", 5, kernel: 1), .batchNorm("norm4"), .flatten, .linear("fc", 4),
            ])
        let graph = try description.graph()
        let planner = NetworkPlanner(graph)
        let pool = WorkerPool(threadCount: 2)
        let reference = Network.reference(graph, description, seed: 5, pool: pool)
        for statistics in reference.runningStatistics { statistics.fill(300) }
        PlanComparison.setNorms(reference, seed: 6)
        let start = reference.stateDictionary()
        let expected = Self.pass(reference, samples: samples, seed: 8)
        for plan in [planner.table(), planner.plan(tile: .winograd2)] {
            #expect(plan.algorithm(of: "stem") == .direct)
            let network = try Network(description, plan: plan, pool: pool)
            try network.load(start)
            let found = Self.pass(network, samples: samples, seed: 8)
            for index in found.indices where !graph.biasesInFrontOfNorms.contains(index) {
                #expect(relativeError(found[index], expected[index]) < 1e-4, "\(plan) \(index)")
            }
        }
    }

    /// A shortcut from dropout adds what dropout leaves.
    @Test(arguments: [1, 9]) func whatIsDroppedIsNotAdded(samples: Int) throws {
        let description = NetworkDescription(
            input: SampleShape(height: 5, width: 6, channels: 3),
            [
                .conv2d("conv", 32, kernel: 3, padding: 1), .batchNorm("norm"), .relu,
                .dropout2d(0.5),
                .residual("block", [.conv2d("inner", 32, kernel: 3, padding: 1), .batchNorm()]),
                .relu, .flatten, .linear("fc", 4),
            ])
        let graph = try description.graph()
        let pool = WorkerPool(threadCount: 2)
        let reference = Network.reference(graph, description, seed: 5, pool: pool)
        let network = try Network(description, seed: 5, pool: pool)
        let expected = Self.pass(reference, samples: samples, seed: 8)
        let found = Self.pass(network, samples: samples, seed: 8)
        for index in found.indices where !graph.biasesInFrontOfNorms.contains(index) {
            #expect(relativeError(found[index], expected[index]) < 1e-4, "\(index)")
        }
    }

    /// A linear layer's products, too; and recorded plans mean what they meant.
    @Test func layerByLayerIsAFlagOfThePlan() throws {
        let description = NetworkDescription.mlp(
            input: SampleShape(features: 64), hidden: [32], outputs: 32)
        let pool = WorkerPool(threadCount: 1)
        let plan = try ConvolutionPlan.resolved(.im2col, description)
        #expect(plan.isLayerByLayer && plan.algorithms.isEmpty)
        func preparations(_ plan: ConvolutionPlan?) throws -> Int {
            let network = try Network(description, plan: plan, pool: pool)
            network.planTraining(sampleCount: 8)
            return network.layers.compactMap { ($0 as? Linear)?.preparationTaskCount }
                .reduce(0, +)
        }
        #expect(try preparations(nil) > 0)
        #expect(try preparations(plan) == 0)

        func coded(_ text: String) throws -> ConvolutionPlan {
            try JSONDecoder().decode(ConvolutionPlan.self, from: Data(text.utf8))
        }
        func text(_ plan: ConvolutionPlan) throws -> String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return String(decoding: try encoder.encode(plan), as: UTF8.self)
        }
        #expect(try coded(#"{"a":"im2col","b":"im2col"}"#).isLayerByLayer)
        #expect(try coded(#"{"a":"im2col","b":"direct"}"#).isLayerByLayer == false)
        #expect(try coded("{}").isLayerByLayer == false)
        #expect(try text(.im2col) == #"{"conv1":"im2col","conv2":"im2col","conv3":"im2col"}"#)
        #expect(try text(.winograd2).contains("layer_by_layer") == false)
        #expect(try text(plan) == #"{"layer_by_layer":true}"#)
        for plan in [
            plan, .im2col, .winograd4, ConvolutionPlan(["a": .im2col]), ConvolutionPlan([:]),
        ] { #expect(try coded(text(plan)) == plan) }
    }

    /// Outputs of a training step, then gradients and running statistics.
    ///
    /// - Parameters:
    ///   - noise: relative, added to the inputs.
    ///   - noiseSeed: of its draw.
    static func pass(
        _ network: Network, samples: Int, seed: UInt64, noise: Float = 0,
        noiseSeed: UInt64 = 1
    ) -> [[Float]] {
        var random = SeededGenerator(seed: seed)
        var inputs = random.normals(samples * network.inputShape.count)
        if noise > 0 {
            var other = SeededGenerator(seed: seed &+ noiseSeed)
            inputs = zip(inputs, other.normals(inputs.count)).map { $0 * (1 + noise * $1) }
        }
        let upstream = random.normals(samples * network.outputShape.count)
        network.planTraining(sampleCount: samples)
        network.parameterGradients.fill(0)
        let batch = LinearLossBatch(network, inputs, upstream: upstream)
        network.trainingPass(sampleCount: samples, step: 3, batch: batch)
        return [batch.outputs.array] + network.parameters.map(\.exportedGradient)
            + network.runningStatistics.map(\.array)
    }

    /// Outputs in evaluation mode, of the samples of `pass` with the next seed.
    static func evaluation(_ network: Network, samples: Int, seed: UInt64) -> [Float] {
        var random = SeededGenerator(seed: seed + 1)
        let inputs = FloatSlice(random.normals(samples * network.inputShape.count))
        let outputs = FloatBuffer(count: samples * network.outputShape.count).all
        network.evaluate(sampleCount: samples) { chunk, x in
            let size = x.count / chunk.count
            x.update(from: inputs.slice(chunk.start * size, count: x.count))
        } consume: { chunk, y in
            let size = y.count / chunk.count
            outputs.slice(chunk.start * size, count: y.count).update(from: y)
        }
        return outputs.array
    }
}
