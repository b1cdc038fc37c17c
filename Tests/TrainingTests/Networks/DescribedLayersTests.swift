import Kernels
import LinearAlgebra
import TestSupport
import Testing
import TrainingTestSupport

@testable import Training

/// Every kind of layer that a description may have, from a description to gradients.
@Suite struct DescribedLayersTests {
    private static let input = SampleShape(height: 9, width: 8, channels: 6)

    private func network(_ layers: [LayerDescription], threads: Int = 2) throws -> Network {
        try Network(
            NetworkDescription(input: Self.input, layers), seed: 7,
            pool: WorkerPool(threadCount: threads))
    }

    private static let everyKind: [LayerDescription] = [
        .conv2d("conv1", 8, kernel: 3, padding: 1, groups: 2), .groupNorm("norm1", groups: 4),
        .gelu, .maxPool(3, stride: 2, padding: 1), .leakyReLU(slope: 0.2),
        .depthwiseConv2d("conv2", multiplier: 2, kernel: 3, padding: 1, bias: false),
        .batchNorm("norm2", epsilon: 1e-2, momentum: 0.3), .silu, .averagePool(2),
        LayerDescription(.activation(.geluTanh)), .layerNorm("norm3"), .tanh, .globalAveragePool,
        .flatten, .linear("fc1", 12, bias: false), .sigmoid, .linear("fc2", 5),
    ]

    /// The gradients of the whole are those of its layers, one after another.
    @Test func everyKindIsBuiltAndTrained() throws {
        let network = try network(Self.everyKind)
        var random = SeededGenerator(seed: 3)
        for parameter in network.parameters where parameter.name.hasPrefix("norm") {
            parameter.setValue(random.floats(parameter.count, from: 0.5, to: 1.5))
        }
        let found = PlannedNetworkTests.pass(network, samples: 11, seed: 5)

        let layers = network.layers
        var generator = SeededGenerator(seed: 5)
        var x = generator.normals(11 * network.inputShape.count)
        var dy = generator.normals(11 * network.outputShape.count)
        let harnesses = layers.map { LayerHarness($0, sampleCount: 11) }
        for harness in harnesses { x = harness.forward(x) }
        for harness in harnesses.reversed() { dy = harness.backward(dy) }
        let expected = [x] + network.parameters.map(\.exportedGradient)
        for (index, values) in expected.enumerated() {
            let name = index == 0 ? "outputs" : network.parameters[index - 1].name
            #expect(relativeError(found[index], values) < 1e-4, "\(name)")
        }
    }

    @Test func optionsReachTheLayers() throws {
        let layers = try network(Self.everyKind).layers
        let norm = try #require(layers.compactMap { $0 as? BatchNorm2d }.first)
        #expect(norm.epsilon == 1e-2 && norm.momentum == 0.3)
        let group = try #require(layers.compactMap { $0 as? GroupNorm }.first)
        #expect(group.groups == 4)
        let pool = try #require(layers.compactMap { $0 as? MaxPool2d }.first)
        #expect(pool.geometry.paddings == 1 && pool.outputShape.height == 5)
        let linear = try #require(layers.compactMap { $0 as? Linear }.first)
        #expect(!linear.hasBias && linear.parameters.count == 1)
    }

    /// A folded network has its batch norm's ε too.
    @Test func evaluationHasTheNormsEpsilon() throws {
        let description = NetworkDescription(
            input: Self.input,
            [
                .conv2d("conv", 8, kernel: 3, padding: 1), .batchNorm("bn", epsilon: 0.5), .relu,
                .globalAveragePool, .flatten, .linear("fc", 3),
            ])
        let pool = WorkerPool(threadCount: 1)
        let folded = try Network(description, seed: 7, pool: pool)
        let graph = try description.graph()
        let reference = Network(
            graph, description, seed: 7, plan: NetworkPlanner(graph).layerByLayer(), pool: pool,
            mergesNorms: false)
        graph.initialize(reference, seed: 7)
        var random = SeededGenerator(seed: 9)
        let inputs = random.normals(9 * Self.input.count)
        let left = outputs(folded, inputs), right = outputs(reference, inputs)
        #expect(relativeError(left, right) < 1e-5)
    }

    private func outputs(_ network: Network, _ inputs: [Float]) -> [Float] {
        let (size, outputs) = (network.inputShape.count, network.outputShape.count)
        let buffer = FloatBuffer(count: 9 * outputs).all
        network.evaluate(sampleCount: 9) { chunk, x in
            x.update(from: Array(inputs[chunk.start * size..<(chunk.start + chunk.count) * size]))
        } consume: { chunk, y in
            buffer.slice(chunk.start * outputs, count: chunk.count * outputs).update(from: y)
        }
        return buffer.array
    }

    /// Weights by name; the bias is PyTorch's default with the default alone.
    @Test(arguments: Initialization.names)
    func initializationIsWhatIsNamed(_ name: String) throws {
        let initialization = try #require(Initialization(named: name))
        let network = try network([
            .conv2d("conv", 8, kernel: 3, initialization: initialization), .flatten,
            .linear("fc", 4, initialization: initialization),
        ])
        for (stream, parameter) in network.parameters.enumerated() {
            let isBias = parameter.name.hasSuffix("bias")
            let weight = network.parameters[stream - (isBias ? 1 : 0)]
            let fans = try #require(weight.layout.fans)
            let expected = Parameter(name: parameter.name, layout: parameter.layout)
            expected.initialize(
                isBias && initialization != .standard ? .zero : initialization, fanIn: fans.input,
                fanOut: fans.output, stream: UInt32(stream), random: Philox(key: 7))
            #expect(parameter.value.array == expected.value.array, "\(name) \(parameter.name)")
        }
    }
}
