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
    private static let shards = Array(0..<8)

    @Test(arguments: shards)
    func everyPlanComputesWhatTheLayersDo(shard: Int) throws {
        for seed in stride(from: shard, to: Self.count, by: Self.shards.count) {
            try Comparison(seed: UInt64(1000 + seed)).check()
        }
    }

    @Test(arguments: [3, 4, 5, 6])
    func bitsDoNotDependOnThreads(seed: UInt64) throws {
        var networks = RandomNetworks(seed: seed)
        for number in 0..<6 {
            let description = networks.draw()
            let results = try [1, 2, 3].map { threads in
                let network = try Network(
                    description, seed: 1, pool: WorkerPool(threadCount: threads))
                return Self.pass(network, samples: 43, seed: seed)
            }
            for result in results.dropFirst() {
                #expect(result == results[0], "seed \(seed), network \(number)")
            }
        }
    }

    /// Outputs of a training step, then gradients and running statistics.
    ///
    /// - Parameter noise: relative, added to the inputs.
    static func pass(
        _ network: Network, samples: Int, seed: UInt64, noise: Float = 0
    ) -> [[Float]] {
        var random = SeededGenerator(seed: seed)
        var inputs = random.normals(samples * network.inputShape.count)
        if noise > 0 {
            var other = SeededGenerator(seed: seed + 1)
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
}

/// A network by several plans beside its layers one by one.
private struct Comparison {
    let seed: UInt64
    let description: NetworkDescription
    let graph: NetworkGraph
    let samples: Int

    init(seed: UInt64) throws {
        self.seed = seed
        var networks = RandomNetworks(seed: seed)
        description = networks.draw()
        graph = try description.graph()
        samples = [9, 11, 21][Int(seed % 3)]
    }

    private var plans: [ConvolutionPlan] {
        let planner = NetworkPlanner(graph)
        var random = SeededGenerator(seed: seed)
        var mixed: [String: ConvolutionAlgorithm] = [:]
        for node in graph.nodes {
            let fitting = ConvolutionAlgorithm.allCases.filter { planner.fits($0, node) }
            guard case .convolution = node.operation else { continue }
            mixed[node.name] = fitting[Int(random.next() % UInt64(fitting.count))]
        }
        return [planner.table(), planner.plan(tile: .winograd2), ConvolutionPlan(mixed)]
    }

    /// Rounding now and then closes a ReLU that another order of sums leaves open, which changes gradients
    /// at a stroke; where a first batch differs, a second one decides. Where batch norm meets values that
    /// hardly vary, rounding is multiplied: what noise in the inputs does to the reference tells how much.
    func check() throws {
        let pool = WorkerPool(threadCount: 2)
        let reference = Network(
            graph, description, seed: seed, plan: NetworkPlanner(graph).layerByLayer(), pool: pool,
            mergesNorms: false)
        graph.initialize(reference, seed: seed)
        setNorms(reference)
        let start = reference.stateDictionary()
        for plan in plans {
            let network = try Network(description, seed: seed, plan: plan, pool: pool)
            var failures: [String] = []
            for draw in [seed, seed + 1_000_000] {
                try network.load(start)
                try reference.load(start)
                let noisy = PlannedNetworkTests.pass(
                    reference, samples: samples, seed: draw, noise: 1e-6)
                try reference.load(start)
                failures = self.failures(
                    PlannedNetworkTests.pass(network, samples: samples, seed: draw)
                        + [evaluation(network, draw)],
                    PlannedNetworkTests.pass(reference, samples: samples, seed: draw)
                        + [evaluation(reference, draw)], noisy: noisy)
                if failures.isEmpty { break }
            }
            #expect(
                failures.isEmpty, "seed \(seed), \(plan), \(samples) samples: \(graph.summaryLine)")
        }
    }

    /// Scales of either sign; and shifts, without which a channel that is constant would be zero but for
    /// rounding in front of its ReLU.
    private func setNorms(_ network: Network) {
        var random = SeededGenerator(seed: seed)
        for layer in network.layers {
            guard let norm = layer as? BatchNorm2d else { continue }
            norm.weight.setValue(random.normals(norm.weight.count))
            norm.bias.setValue(random.normals(norm.bias.count))
        }
    }

    private func evaluation(_ network: Network, _ seed: UInt64) -> [Float] {
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

    /// The arrays that differ, with their relative errors.
    private func failures(
        _ found: [[Float]], _ expected: [[Float]], noisy: [[Float]]
    ) -> [String] {
        func norm(_ values: [Float]) -> Double {
            values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        }
        let scale = expected.dropFirst().prefix(graph.parameterNames.count).map(norm).max()!
        let names =
            ["outputs"] + graph.parameterNames
            + graph.stateLayout.filter { $0.name.contains("running") }.map(\.name)
            + ["evaluation"]
        return zip(found, expected).enumerated().compactMap { index, pair in
            let (found, expected) = pair
            let difference = norm(zip(found, expected).map { $0 - $1 })
            // Zero but for rounding.
            let isZero = graph.biasesInFrontOfNorms.contains(names[index])
            // All may be zero behind a ReLU that is closed for every sample.
            guard difference != 0 else { return nil }
            let size = norm(expected) + (isZero ? 1 : 1e-3) * scale
            let error = difference / size
            let noise =
                index < noisy.count ? norm(zip(noisy[index], expected).map { $0 - $1 }) / size : 0
            return error < max(1e-3, 10 * noise) ? nil : "\(names[index]): \(error)"
        }
    }
}

extension NetworkGraph {
    fileprivate var parameterNames: [String] { nodes.flatMap(\.parameterLayout).map(\.name) }

    /// Batch norm takes them away again, so that their gradients are zero.
    fileprivate var biasesInFrontOfNorms: Set<String> {
        let consumers = consumers()
        return Set(
            nodes.filter { node in
                consumers[node.index].count == 1
                    && nodes[consumers[node.index][0]].operation.title == "BatchNorm"
            }.map { "\($0.name).bias" })
    }

    /// Its nodes in a line, for a failed test.
    fileprivate var summaryLine: String {
        nodes.map { "\($0.name) \($0.operation.title) \($0.output)" }.joined(separator: ", ")
    }
}
