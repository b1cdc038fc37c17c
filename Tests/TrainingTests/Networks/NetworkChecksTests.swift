import Kernels
import LinearAlgebra
import TestSupport
import Testing

@testable import Training

/// What no network can be or be computed by: named, whoever asks for it.
@Suite struct NetworkChecksTests {
    private static let image = SampleShape(height: 32, width: 32, channels: 3)

    private func expect(
        _ problem: String, _ body: () throws -> Void,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: NetworkDescriptionError.self, sourceLocation: location) {
            try body()
        }
        let text = error.map { "\($0)" } ?? "none"
        #expect(text.hasPrefix(problem), "\(text)", sourceLocation: location)
    }

    // MARK: - Plans

    @Test func aPlanThatDoesNotFitIsRefusedByItsLayer() throws {
        let network = NetworkDescription(
            input: Self.image,
            [
                .conv2d("a", 8, kernel: 3), .conv2d("b", 8, kernel: 3, stride: 2),
                .depthwiseConv2d("d", kernel: 3),
            ])
        func make(_ plan: [String: ConvolutionAlgorithm]) throws {
            let plan = ConvolutionPlan(plan)
            _ = try Network(network, plan: plan, pool: WorkerPool(threadCount: 1))
            _ = try NetworkSummary(network, plan: plan)
        }
        try make(["a": .winograd4, "b": .implicitGemm, "d": .depthwise])
        try make(["a": .im2col, "b": .im2col, "d": .im2col])
        let good = ["a": ConvolutionAlgorithm.winograd4, "b": .implicitGemm, "d": .depthwise]
        func changed(_ layer: String, _ algorithm: ConvolutionAlgorithm?) throws {
            var plan = good
            plan[layer] = algorithm
            try make(plan)
        }
        expect("layer b: winograd4 can't compute it; what fits: im2col, implicit_gemm") {
            try changed("b", .winograd4)
        }
        expect("layer a: direct can't compute it; what fits: im2col, winograd2") {
            try changed("a", .direct)
        }
        expect("layer d: implicit_gemm can't compute it; what fits: im2col, depthwise") {
            try changed("d", .implicitGemm)
        }
        expect("layer a: the plan has no algorithm for it; what fits: im2col") {
            try changed("a", nil)
        }
        expect("layer fc: in the plan, and no convolution of the network; those are a, b, d") {
            try changed("fc", .im2col)
        }
        #expect(throws: NetworkDescriptionError.self) {
            try NetworkSummary(network, plan: ConvolutionPlan([:]))
        }
    }

    // MARK: - Sizes

    struct Oversized: Sendable {
        let layers: [LayerDescription]
        let problem: String
    }

    private static let oversized: [Oversized] = {
        let (large, all) = (1 << 24, HeightWidth(.max))
        var cases: [Oversized] = []
        func add(_ layers: [LayerDescription], _ problem: String) {
            cases.append(Oversized(layers: layers, problem: problem))
        }
        add(
            [.conv2d("c", large, kernel: HeightWidth(large), padding: HeightWidth(large / 2))],
            "layer c: 16777216×16777216×16777216×3 weights; expected at most 2147483648")
        add(
            [.conv2d("c", 8, kernel: all)],
            "layer c: a kernel of 9223372036854775807×9223372036854775807; expected 1 to 16777216")
        add([.conv2d("c", Int.max, kernel: 1)], "layer c: 9223372036854775807 channels")
        add(
            [.conv2d("c", 8, kernel: 3, padding: HeightWidth(large))],
            "layer c: 33554462×33554462×8 values a sample")
        add(
            [.conv2d("c", 1, kernel: 1, stride: HeightWidth(large), padding: HeightWidth(large))],
            "layer c: 33554464×33554464×3 values of the image with its padding")
        add(
            [.conv2d("c", 8, kernel: 3, dilation: HeightWidth(large))],
            "layer c: its window of 33554433×33554433 doesn't fit")
        add(
            [.depthwiseConv2d("c", multiplier: Int.max, kernel: 1)],
            "layer c: 9223372036854775807 channels")
        add(
            [.flatten, .linear(large), .linear(large)],
            "layer 1: 1.weight of [16777216, 3072] makes more than 2147483648 parameters in all")
        add(
            [.flatten, .linear("a", 300_000), .linear("b", 4_000), .linear("c", 400_000)],
            "layer c: c.weight of [400000, 4000] makes more than")
        add(
            [.flatten, .linear("a", Int.max)],
            "layer a: 9223372036854775807 outputs; expected 1 to")
        add(
            [.maxPool(HeightWidth(height: Int.max, width: 2))],
            "layer 0: windows of 9223372036854775807×2; expected 1 to 16777216")
        add(
            [.maxPool(17)],
            "layer 0: windows of 17×17, which is 289 places; a max-pool's have at most 256")
        add(
            [.averagePool(33)], "layer 0: its window of 33×33 doesn't fit an image of 32×32×3")
        add([.maxPool(3, padding: 2)], "layer 0: a padding of 2×2 for windows of 3×3")
        add(
            [.adaptiveAveragePool(all)],
            "layer 0: an output of 9223372036854775807×9223372036854775807; expected 1 to")
        return cases
    }()

    @Test(arguments: oversized)
    func sizesThatNoNetworkHasAreNamed(_ oversized: Oversized) {
        expect(oversized.problem) {
            _ = try NetworkSummary(
                NetworkDescription(input: Self.image, oversized.layers))
        }
    }

    /// Only a max-pool keeps places.
    @Test func anAveragePoolsWindowMayBeOfAnySize() throws {
        let network = NetworkDescription(input: Self.image, [.averagePool(32)])
        #expect(try network.graph().outputShape == SampleShape(features: 3))
        let ones = SmallNetwork.outputs(
            try Network(network, pool: WorkerPool(threadCount: 1)),
            [Float](repeating: 1, count: Self.image.count))
        assertClose(ones, [1, 1, 1], relative: 1e-6, absolute: 0)
    }

    // MARK: - Layers of one's own

    /// y = Wx, with a buffer that it leaves alone.
    private final class Own: Layer {
        let name: String
        let inputShape: SampleShape
        let outputShape: SampleShape
        let weight: Parameter
        let parameters: [Parameter]
        let buffers: [StateBuffer]

        init(
            _ name: String, _ input: SampleShape, prefix: String? = nil, repeats: Bool = false
        ) {
            self.name = name
            inputShape = input
            outputShape = SampleShape(features: 2)
            weight = Parameter(
                name: "\(prefix ?? name).weight", layout: .plain([2, input.count]))
            parameters =
                repeats
                ? [weight, Parameter(name: weight.name, layout: .plain([1]))] : [weight]
            buffers = [
                StateBuffer(name: "\(name).seen", content: .floats(FloatBuffer(count: 1).all))
            ]
        }

        func initialize(_ drawing: inout WeightDrawing) {
            drawing.draw(weight, .xavierUniform())
        }
        func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) { y.fill(0) }
        func backward(
            x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
        ) { dx?.fill(0) }
        func flops(_ phase: LayerPhase, isFirst: Bool) -> Double { 7 }
        var gradientFloatsPerSample: Double { 0 }
    }

    private func describe(
        _ build: @escaping @Sendable (String, SampleShape) -> any Layer
    ) -> NetworkDescription {
        NetworkDescription(
            input: SampleShape(features: 3),
            [.linear("fc", 4), .custom("own", "Own", build: build), .linear("head", 2)])
    }

    @Test func aLayerOfOnesOwnIsHeldToItsPlaceAndName() throws {
        #expect(
            try describe { Own($0, $1) }.graph().stateLayout.map(\.name) == [
                "fc.weight", "fc.bias", "own.weight", "own.seen", "head.weight", "head.bias",
            ])
        #expect(try NetworkSummary(describe { Own($0, $1) }).rows[1].flops == 7)
        expect("layer own: was built for an input of 1×1×3, and is given 1×1×4") {
            _ = try describe { name, _ in Own(name, SampleShape(features: 3)) }.graph()
        }
        expect("layer own: its parameter or buffer fc.weight isn't called after it") {
            _ = try describe { Own($0, $1, prefix: "fc") }.graph()
        }
        expect("layer own: a second parameter or buffer own.weight") {
            _ = try describe { Own($0, $1, repeats: true) }.graph()
        }
    }

    @Test func aLayersOwnWeightsDependOnTheSeed() throws {
        func weights(_ seed: UInt64) throws -> [String: [Float]] {
            let network = try Network(
                describe { Own($0, $1) }, seed: seed, pool: WorkerPool(threadCount: 1))
            return Dictionary(
                uniqueKeysWithValues: network.parameters.map { ($0.name, $0.exportedValue) })
        }
        let (first, same, other) = (try weights(1), try weights(1), try weights(2))
        #expect(first == same)
        #expect(first["own.weight"] != other["own.weight"])
        let bound = Float(6.0 / 6).squareRoot()
        #expect(first["own.weight"]!.allSatisfy { abs($0) <= bound && $0 != 0 })
    }

    // MARK: - Layers that are given

    @Test func givenLayersAreDrawnAsDescribedOnesUnlessTheyHaveValues() throws {
        let input = SampleShape(features: 3)
        func given(_ prepare: (Linear) -> Void = { _ in }) -> Network {
            let first = Linear(name: "fc", input: input, outputCount: 4)
            let norm = LayerNorm(name: "ln", first.outputShape)
            let last = Linear(name: "head", input: norm.outputShape, outputCount: 2)
            prepare(first)
            return Network([first, norm, last], seed: 9, pool: WorkerPool(threadCount: 1))
        }
        let described = try Network(
            NetworkDescription(
                input: input, [.linear("fc", 4), .layerNorm("ln"), .linear("head", 2)]),
            seed: 9, pool: WorkerPool(threadCount: 1))
        #expect(given().stateDictionary() == described.stateDictionary())
        let zeros = given { $0.weight.setValue([Float](repeating: 0, count: 12)) }
        #expect(zeros.parameters[0].value.array == [Float](repeating: 0, count: 12))
        let ones = given { $0.weight.value.fill(1) }
        #expect(ones.parameters[0].value.array == [Float](repeating: 1, count: 12))
        // The others are drawn all the same.
        #expect(ones.stateDictionary()["head.weight"] == described.stateDictionary()["head.weight"])
    }

    @Test func aGraphOfGivenLayersTellsItsState() {
        let shape = SampleShape(height: 4, width: 4, channels: 2)
        let convolution = Conv2d(
            name: "conv",
            geometry: ConvolutionGeometry(input: shape, outputChannels: 3, kernelSize: 3))
        let network = Network(
            [convolution, BatchNorm2d(name: "bn", convolution.outputShape)],
            pool: WorkerPool(threadCount: 1))
        #expect(network.graph.parameterCount == network.parameterCount)
        #expect(network.graph.stateLayout == network.stateLayout)
        #expect(network.graph.nodes[1].parameterLayout.map(\.name) == ["bn.weight", "bn.bias"])
    }

    // MARK: - Configurations

    @Test func aConfiguredNetworkThatDoesNotFitIsAnError() throws {
        func error(_ height: Int, _ change: (inout NetworkConfig) -> Void) -> String {
            var config = ModelConfig()
            change(&config.network)
            let error = #expect(throws: ConfigError.self) {
                try ConfiguredNetwork(
                    config: config, inputHeight: height, inputWidth: height,
                    pool: WorkerPool(threadCount: 1))
            }
            return error.map { "\($0)" } ?? "none"
        }
        #expect(error(3) { _ in }.contains("images of 3×3 fit into; layer"))
        #expect(
            error(28) { $0.kind = .layers([.linear(10)]) }.contains("layer 0: works on features"))
        #expect(error(28) { ($0.kind, $0.depth) = (.resNet, 9) }.contains("6·n + 2"))
        let own = LayerDescription.custom("own", "Own") { _, input in ReLU(input) }
        #expect(error(28) { $0.kind = .layers([own]) }.contains("one is of the user's own code"))
        #expect(error(28) { $0.kind = .layers([]) }.contains("one or more layers"))
        #expect(NetworkKind(NetworkKind.layers([own]).description) == nil)
        var config = ModelConfig()
        config.network.kind = .mlp
        let small = try ConfiguredNetwork(
            config: config, inputHeight: 2, inputWidth: 2, pool: WorkerPool(threadCount: 1))
        #expect(small.network.parameters[0].layout.shape == [512, 4])
    }
}
