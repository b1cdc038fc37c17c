import Kernels
import LinearAlgebra
import TestSupport
import Testing

@testable import Training

extension Network {
    /// Its layers one by one, each by OpenBLAS or its own kernel: what plans are compared with.
    static func reference(
        _ graph: NetworkGraph, _ description: NetworkDescription, seed: UInt64, pool: WorkerPool
    ) -> Network {
        let network = Network(
            graph, description, seed: seed, plan: NetworkPlanner(graph).layerByLayer(), pool: pool,
            mergesNorms: false)
        graph.initialize(network, seed: seed)
        return network
    }
}

/// What came of comparisons.
struct PlanTally: Sendable, CustomStringConvertible {
    var networks = 0
    /// Whose batches have groups of several chunks.
    var networksOfWideGroups = 0
    /// Which hang on rounding whatever the batch.
    var networksLeftOut = 0
    var comparisons = 0
    /// Batches that were set aside, for the reference itself hangs on rounding there.
    var unfitBatches = 0
    /// Comparisons that a second batch decided.
    var retries = 0
    var worst = (error: 0.0, where: "")

    mutating func see(_ error: Double, _ place: @autoclosure () -> String) {
        if error > worst.error { worst = (error, place()) }
    }

    mutating func add(_ other: PlanTally) {
        networks += other.networks
        networksOfWideGroups += other.networksOfWideGroups
        networksLeftOut += other.networksLeftOut
        comparisons += other.comparisons
        unfitBatches += other.unfitBatches
        retries += other.retries
        see(other.worst.error, other.worst.where)
    }

    var description: String {
        "\(networks) networks, \(networksOfWideGroups) of them in groups of several chunks, "
            + "\(networksLeftOut) left out; "
            + "\(comparisons) comparisons, \(retries) decided by a second batch, "
            + "\(unfitBatches) batches set aside; worst error \(worst.error): \(worst.where)"
    }
}

/// A network by several plans beside its layers one by one.
struct PlanComparison {
    private let seed: UInt64
    private let description: NetworkDescription
    private let graph: NetworkGraph
    /// Of batches that are compared.
    private let sizes: [Int]
    private var samples: Int
    private let pool = WorkerPool(threadCount: 2)

    /// Of ‖array − expected‖ / ‖expected‖. Winograd's F(4×4, 5×5) alone has 1e-5, and a fit batch
    /// makes a hundred times as much of it at most.
    private static let tolerance = 1e-3
    /// How far noise of 1e-6 in the inputs of a batch may move the reference: where batch norm
    /// meets values that hardly vary, or a ReLU lies at its kink, no two ways of computing agree.
    private static let noise: Float = 1e-6
    private static let largestEffect = 1e-4
    private static let batchesTried = 10

    init(seed: UInt64) throws {
        self.seed = seed
        var networks = RandomNetworks(seed: seed)
        description = networks.draw()
        graph = try description.graph()
        sizes = Self.sizes(graph)
        samples = sizes[Int(seed % UInt64(sizes.count))]
    }

    /// One sample, whole chunks, parts of one, and groups of several; fewer of large networks, for
    /// the tests' time, and more than one where batch norm would have a value or two.
    private static func sizes(_ graph: NetworkGraph) -> [Int] {
        let values = graph.nodes.reduce(0) { $0 + $1.output.count }
        let pixels = graph.nodes.filter { $0.operation.title == "BatchNorm" }
            .map(\.inputShape.pixels).min()
        return [1, 8, 9, 11, 21, 61, 97].filter {
            ($0 <= 9 || $0 * values <= 1_500_000) && $0 * (pixels ?? 8) >= 8
        }
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

    mutating func check(_ tally: inout PlanTally) throws {
        let reference = Network.reference(graph, description, seed: seed, pool: pool)
        Self.setNorms(reference, seed: seed)
        let start = reference.stateDictionary()
        var batches = try fitBatches(reference, start, count: 2, &tally)
        // The more values a batch has, the nearer to a kink is one of them.
        for size in sizes.reversed() where batches.isEmpty && size < samples {
            samples = size
            batches = try fitBatches(reference, start, count: 2, &tally)
        }
        guard !batches.isEmpty else {
            tally.networksLeftOut += 1
            return
        }
        tally.networks += 1
        if BatchPlan(sampleCount: samples).chunksPerGroup > 1 { tally.networksOfWideGroups += 1 }
        for plan in plans {
            let network = try Network(description, seed: seed, plan: plan, pool: pool)
            var errors: [(name: String, error: Double)] = []
            for (number, batch) in batches.enumerated() {
                if number > 0 { tally.retries += 1 }
                try network.load(start)
                errors = self.errors(results(network, batch.seed), batch.expected)
                if errors.allSatisfy({ $0.error < Self.tolerance }) { break }
            }
            tally.comparisons += 1
            for (name, error) in errors { tally.see(error, "\(place), \(plan): \(name)") }
            let failures = errors.filter { !($0.error < Self.tolerance) }
            #expect(failures.isEmpty, "\(place), \(plan): \(graph.summaryLine)")
        }
    }

    private var place: String { "seed \(seed), \(samples) samples" }

    private struct Batch {
        let seed: UInt64
        let expected: [[Float]]
    }

    /// Batches for which the reference doesn't hang on rounding.
    private func fitBatches(
        _ reference: Network, _ start: StateDictionary, count: Int, _ tally: inout PlanTally
    ) throws -> [Batch] {
        var batches: [Batch] = []
        for number in 0..<UInt64(Self.batchesTried) where batches.count < count {
            let draw = seed + number * 1_000_000
            try reference.load(start)
            let expected = results(reference, draw)
            let isFit = try (1...2).allSatisfy { noiseSeed in
                try reference.load(start)
                let noisy = PlannedNetworkTests.pass(
                    reference, samples: samples, seed: draw, noise: Self.noise,
                    noiseSeed: UInt64(noiseSeed))
                return errors(noisy, expected).allSatisfy { $0.error < Self.largestEffect }
            }
            if isFit {
                batches.append(Batch(seed: draw, expected: expected))
            } else {
                tally.unfitBatches += 1
            }
        }
        return batches
    }

    private func results(_ network: Network, _ seed: UInt64) -> [[Float]] {
        PlannedNetworkTests.pass(network, samples: samples, seed: seed)
            + [PlannedNetworkTests.evaluation(network, samples: samples, seed: seed)]
    }

    /// Scales of either sign; and shifts, without which a channel that is constant would be zero
    /// but for rounding in front of its ReLU.
    static func setNorms(_ network: Network, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for layer in network.layers where !(layer is Linear || layer is Conv2d) {
            for parameter in layer.parameters {
                parameter.setValue(random.normals(parameter.count))
            }
        }
    }

    /// The relative error of each array.
    private func errors(
        _ found: [[Float]], _ expected: [[Float]]
    ) -> [(name: String, error: Double)] {
        func norm(_ values: [Float]) -> Double {
            values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        }
        let parameters = graph.parameterNames
        let scale = expected.dropFirst().prefix(parameters.count).map(norm).max()!
        let names =
            ["outputs"] + parameters
            + graph.stateLayout.filter { $0.name.contains("running") }.map(\.name)
            + ["evaluation"]
        return zip(found, expected).enumerated().map { index, pair in
            let (found, expected) = pair
            let difference = norm(zip(found, expected).map { $0 - $1 })
            // All may be zero behind a ReLU that is closed for every sample.
            guard difference != 0 else { return (names[index], 0) }
            // Zero but for rounding, where batch norm takes a bias away again.
            let isZero = graph.biasesInFrontOfNorms.contains(index)
            return (names[index], difference / (norm(expected) + (isZero ? 1 : 1e-3) * scale))
        }
    }
}

extension NetworkGraph {
    var parameterNames: [String] { nodes.flatMap(\.parameterLayout).map(\.name) }

    /// Batch norm takes them away again, so that their gradients are zero: their places in what
    /// `PlannedNetworkTests.pass` gives.
    var biasesInFrontOfNorms: Set<Int> {
        let consumers = consumers()
        let biases = nodes.filter { node in
            consumers[node.index].count == 1
                && nodes[consumers[node.index][0]].operation.title == "BatchNorm"
        }.map { "\($0.name).bias" }
        return Set(
            parameterNames.enumerated().filter { biases.contains($0.element) }.map { $0.offset + 1 }
        )
    }

    /// Its nodes in a line, for a failed test.
    var summaryLine: String {
        nodes.map { "\($0.name) \($0.operation.title) \($0.output)" }.joined(separator: ", ")
    }
}
