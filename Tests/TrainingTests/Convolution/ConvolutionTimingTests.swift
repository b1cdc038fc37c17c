import Kernels
import Testing

@testable import Training

/// What `--conv measure` goes by.
@Suite struct ConvolutionTimingTests {
    private static let input = SampleShape(height: 12, width: 10, channels: 1)

    /// Each place that a convolution may have: the first one in front of a pool, in a residual
    /// block, with a stride, depthwise, in groups.
    private static let network = NetworkDescription(
        input: input,
        [
            .conv2d("stem", 16, kernel: 5, padding: 2), .batchNorm(), .relu, .maxPool(2),
            .residual(
                "block", [.conv2d("inner", 16, kernel: 3, padding: 1), .batchNorm()]), .relu,
            .conv2d("strided", 32, kernel: 3, stride: 2, padding: 1), .dropout2d(0.2), .gelu,
            .depthwiseConv2d("depthwise", kernel: 3, padding: 1), .relu,
            .conv2d("grouped", 8, kernel: 1, groups: 2), .flatten, .linear("fc", 3),
        ])

    @Test func everyCandidateIsTimed() throws {
        let timings = try ConvolutionTiming.measure(Self.network, seconds: 0)
        let graph = try Self.network.graph()
        let planner = NetworkPlanner(graph)
        for node in graph.nodes {
            guard case .convolution = node.operation else { continue }
            let fitting = ConvolutionAlgorithm.allCases.filter { planner.fits($0, node) }
            let timed = timings.filter { $0.layer == node.name }
            #expect(timed.map(\.algorithm) == fitting, "\(node.name)")
        }
        #expect(Set(timings.map(\.layer)).count == 5)
        for timing in timings {
            #expect(timing.forward > 0 && timing.backward > 0, "\(timing)")
            #expect(timing.forward.isFinite && timing.backward.isFinite, "\(timing)")
        }
    }

    /// Whatever was fastest, the network runs with it.
    @Test func theMeasuredPlanFits() throws {
        let plan = try ConvolutionPlan.resolved(.measure, Self.network)
        let graph = try Self.network.graph()
        let planner = NetworkPlanner(graph)
        for node in graph.nodes {
            guard case .convolution = node.operation else { continue }
            let algorithm = try #require(plan.algorithm(of: node.name))
            #expect(planner.fits(algorithm, node), "\(node.name) by \(algorithm)")
            #expect(!plan.isLayerByLayer || algorithm == .im2col)
        }
        let network = try Network(Self.network, plan: plan, pool: WorkerPool(threadCount: 1))
        let outputs = PlannedNetworkTests.pass(network, samples: 9, seed: 1)[0]
        #expect(outputs.allSatisfy { $0.isFinite })
    }

    @Test func theFastestOfAllTogetherDecides() {
        func timing(
            _ layer: String, _ algorithm: ConvolutionAlgorithm, _ total: Double
        ) -> ConvolutionTiming {
            ConvolutionTiming(
                layer: layer, algorithm: algorithm, forward: total / 3, backward: total * 2 / 3)
        }
        let timings = [
            timing("a", .im2col, 5), timing("a", .direct, 9), timing("a", .winograd2, 6),
            timing("b", .im2col, 20), timing("b", .winograd4, 10),
        ]
        let fused = ConvolutionPlan.fastest(timings)
        #expect(fused == ConvolutionPlan(["a": .winograd2, "b": .winograd4]))
        let plain = ConvolutionPlan.fastest(timings.dropLast() + [timing("b", .winograd4, 30)])
        #expect(plain == ConvolutionPlan(["a": .im2col, "b": .im2col], isLayerByLayer: true))
        #expect(ConvolutionPlan.fastest([]) == ConvolutionPlan([:]))
    }
}
