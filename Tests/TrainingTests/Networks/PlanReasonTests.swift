import Kernels
import Testing

@testable import Training

/// What `--explain-plan` says of each layer, and that it is so.
struct PlanReasonTests {
    private func rows(
        _ layers: [LayerDescription], input: SampleShape, plan: ConvolutionPlan? = nil
    ) throws -> [String: NetworkSummary.Row] {
        let summary = try NetworkSummary(NetworkDescription(input: input, layers), plan: plan)
        return Dictionary(summary.rows.map { ($0.layer, $0) }) { first, _ in first }
    }

    private let colour = SampleShape(height: 16, width: 16, channels: 3)

    /// Winograd's algorithm would fit, and costs more.
    @Test func fewChannelsCostLessDirectly() throws {
        let row = try #require(
            try rows([.conv2d("stem", 8, kernel: 3, padding: 1)], input: colour)["stem"])
        #expect(row.algorithm == "implicit_gemm")
        let numbers = row.reason.matches(of: /([0-9]+\.[0-9]) (?:million )?/).compactMap {
            Double($0.1)
        }
        #expect(numbers.count == 2 && numbers[0] < numbers[1], "\(row.reason)")
        #expect(row.reason.hasSuffix("with Winograd's transforms"))
    }

    @Test(
        arguments: [
            (LayerDescription.conv2d("c", 32, kernel: 3, stride: 2, padding: 1), "a stride of 2×2"),
            (.conv2d("c", 32, kernel: 3, padding: 2, dilation: 2), "a dilation of 2×2"),
            (.conv2d("c", 32, kernel: 7, padding: 3), "no 7×7 kernel"),
            (.conv2d("c", 32, kernel: 1), "1×1: a product of pixels and weights"),
        ])
    func whatWinogradDoesNotTakeIsNamed(layer: LayerDescription, reason: String) throws {
        let row = try #require(
            try rows([layer], input: SampleShape(height: 16, width: 16, channels: 32))["c"])
        #expect(row.algorithm == "implicit_gemm")
        #expect(row.reason.contains(reason), "\(row.reason)")
    }

    /// The plan asks for what the table would not.
    @Test func aPlanIsNamedWhereItDecides() throws {
        let input = SampleShape(height: 16, width: 16, channels: 64)
        let layers: [LayerDescription] = [.conv2d("c", 64, kernel: 3, padding: 1)]
        let table = try rows(layers, input: input)["c"]
        #expect(table?.algorithm.hasPrefix("winograd") == true)
        for algorithm in [ConvolutionAlgorithm.implicitGemm, .im2col] {
            let row = try rows(layers, input: input, plan: ConvolutionPlan(["c": algorithm]))["c"]
            #expect(row?.reason.hasSuffix("as the plan says") == true, "\(row?.reason ?? "")")
        }
    }

    @Test func layersByThemselvesSayWhy() throws {
        let rows = try rows(
            [
                .conv2d("c", 16, kernel: 3, padding: 1), .gelu, .averagePool(2), .batchNorm("n"),
                .relu, .adaptiveAveragePool(1), .flatten, .linear("a", 64), .relu,
                .linear("b", 10),
            ], input: colour)
        #expect(rows["n"]?.reason == "behind no convolution that it alone reads")
        #expect(rows["a"]?.reason == "OpenBLAS: inputs and outputs aren't both multiples of 32")
        #expect(rows["b"]?.reason == "OpenBLAS: inputs and outputs aren't both multiples of 32")
        let mlp = try NetworkSummary(
            .mlp(input: SampleShape(features: 784), hidden: [512, 512], outputs: 10))
        #expect(
            mlp.rows.filter { $0.type == "Linear" }.map(\.reason) == [
                "weights in panels, brought there once a step",
                "weights in panels, brought there once a step",
                "OpenBLAS: inputs and outputs aren't both multiples of 32",
            ])
    }

    /// Each node is looked at once: two paths through each of many sums are no more work than one, and a
    /// long list needs no deep stack.
    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            Array(repeating: LayerDescription.residual([.relu]), count: 60),
            Array(repeating: LayerDescription.relu, count: 30_000),
        ])
    func longAndBranchedNetworksArePlanned(_ layers: [LayerDescription]) throws {
        let description = NetworkDescription(input: colour, layers + [.flatten, .linear(32)])
        let summary = try NetworkSummary(description)
        #expect(summary.rows.last?.reason == "weights in panels, brought there once a step")
        let planner = NetworkPlanner(try description.graph())
        #expect(planner.callsBLAS(planner.table(), level: .avx512) == false)
    }

    /// The pool of DigitCNN and ResNet has no row of its own.
    @Test func aPoolOfAConvolutionIsFused() throws {
        let rows = try rows(
            [.conv2d("c", 16, kernel: 3, padding: 1), .relu, .adaptiveAveragePool(1)],
            input: colour)
        let pool = try #require(rows.values.first { $0.type.hasPrefix("AdaptiveAvgPool") })
        #expect(pool.algorithm == "fused" && pool.reason.contains("while it is in the cache"))
    }
}
