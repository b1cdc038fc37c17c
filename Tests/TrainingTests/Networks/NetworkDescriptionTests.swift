import Foundation
import Kernels
import LinearAlgebra
import TestSupport
import Testing

@testable import Training

/// Descriptions: what they say of a network, how they are written, and what is wrong with those that make
/// none.
@Suite struct NetworkDescriptionTests {
    private static let image = SampleShape(height: 32, width: 32, channels: 3)

    @Test func aResNetHasTorchvisionsNamesAndShapes() throws {
        let graph = try NetworkDescription.resNet(input: Self.image, classCount: 10).graph()
        let layout = Dictionary(
            uniqueKeysWithValues: graph.stateLayout.map { ($0.name, $0.shape) })
        #expect(layout["conv1.weight"] == [16, 3, 3, 3])
        #expect(layout["layer1.0.conv1.weight"] == [16, 16, 3, 3])
        #expect(layout["layer2.0.downsample.0.weight"] == [32, 16, 1, 1])
        #expect(layout["layer2.0.downsample.1.running_var"] == [32])
        #expect(layout["layer3.2.bn2.num_batches_tracked"] == [])
        #expect(layout["fc.weight"] == [10, 64])
        // PyTorch: sum(p.numel() for p in model.parameters()).
        #expect(graph.parameterCount == 272_474)
    }

    @Test(arguments: [(7, 3, 81), (3, 5, 49), (8, 2, 64), (4, 1, 16)])
    func adaptivePoolsCountTheirWindows(side: Int, size: Int, places: Int) throws {
        let summary = try NetworkSummary(
            NetworkDescription(
                input: SampleShape(height: side, width: side, channels: 2),
                [.adaptiveAveragePool(HeightWidth(size))]))
        #expect(summary.flops == Double(2 * places))
    }

    /// In the rows of its table.
    @Test func theREADMENamesEveryLayer() throws {
        let repository = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
            url.deletingLastPathComponent()
        }
        let text = try String(
            contentsOf: repository.appendingPathComponent("README.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.joined()
        let unnamed = LayerWord.allCases.map(\.rawValue).filter { !rows.contains("`\($0)`") }
        #expect(unnamed.isEmpty)
    }

    @Test func layersWithoutNamesAreCalledAfterTheirPlaces() throws {
        let graph = try NetworkDescription.mlp(
            input: SampleShape(features: 784), hidden: [512], outputs: 10
        ).graph()
        #expect(
            graph.stateLayout.map(\.name) == ["1.weight", "1.bias", "3.weight", "3.bias"])
    }

    @Test func anyNetworkReadsBackAsItWasWritten() throws {
        for seed in 0..<UInt64(60) {
            var networks = RandomNetworks(seed: seed)
            let network = networks.draw()
            let data = try JSONEncoder().encode(network)
            #expect(
                try JSONDecoder().decode(NetworkDescription.self, from: data) == network,
                "seed \(seed): \(String(decoding: data, as: UTF8.self))")
        }
    }

    @Test func whatIsUsualIsLeftOut() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let layers: [LayerDescription] = [
            .conv2d("conv1", 32, kernel: 5, padding: 2), .batchNorm(), .relu, .maxPool(2),
            .globalAveragePool, .flatten, .linear(10, bias: false),
        ]
        #expect(
            String(decoding: try encoder.encode(layers), as: UTF8.self)
                == #"[{"conv2d":{"channels":32,"kernel":5,"name":"conv1","padding":2}},"batch_norm","#
                + #""relu",{"max_pool":{"kernel":2}},"global_average_pool","flatten","#
                + #"{"linear":{"bias":false,"outputs":10}}]"#)
    }

    @Test(arguments: [
        (#"["rely"]"#, "a layer rely; the layers are conv2d"),
        (#"[{"conv2d": {"kernel": 3}}]"#, "conv2d: channels is missing"),
        (#"[{"linear": {"outputs": 3, "units": 3}}]"#, "linear: no option units; it has"),
        (#"[{"linear": {"outputs": 3}, "relu": {}}]"#, "a layer of several words, linear, relu"),
    ])
    func whatIsMisspeltIsNamed(text: String, problem: String) {
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([LayerDescription].self, from: Data(text.utf8))
        }
        #expect("\(error!)".contains(problem), "\(error!)")
    }

    @Test(
        arguments: [
            ([.linear(10)], "layer 0: works on features, and its input is an image of 32×32×3"),
            (
                [.conv2d("c", 8, kernel: 40)],
                "layer c: its window of 40×40 doesn't fit an image of 32×32×3"
            ),
            (
                [.conv2d("c", 8, kernel: 3, groups: 2)],
                "layer c: 2 groups of 3 input and 8 output channels"
            ),
            (
                [.flatten, .conv2d("c", 8, kernel: 3)],
                "layer c: works on images, and its input is flattened"
            ),
            (
                [.residual("r", [.conv2d(8, kernel: 1)])],
                "layer r: its branches give 32×32×8 and 32×32×3"
            ),
            ([.dropout(1)], "layer 0: a rate of 1.0"),
            ([], "layer (none): a network needs a layer"),
            (
                [.conv2d("c", 8, kernel: 1), .conv2d("c", 8, kernel: 1)],
                "layer c: a second layer of that name"
            ),
            (
                [.flatten, .batchNorm()],
                "layer 1: normalises an image of 32×32×3 that was flattened"
            ),
        ] as [([LayerDescription], String)])
    func layersThatDoNotFitAreNamed(layers: [LayerDescription], problem: String) {
        let error = #expect(throws: NetworkDescriptionError.self) {
            try NetworkDescription(input: Self.image, layers).graph()
        }
        #expect("\(error!)".hasPrefix(problem), "\(error!)")
    }

    @Test func theSummarySaysHowEachLayerIsComputed() throws {
        let summary = try NetworkSummary(.digitCNN())
        #expect(summary.parameterCount == 455_754)
        let rows = Dictionary(uniqueKeysWithValues: summary.rows.map { ($0.layer, $0) })
        #expect(rows["conv1"]?.algorithm == "direct" && rows["conv2"]?.algorithm == "winograd4")
        #expect(rows["bn1"]?.reason == "computed along with conv1")
        #expect(rows["fc3"]?.outputShape == [10] && rows["conv2"]?.outputShape == [14, 14, 64])
        // Two for each weight that an output pixel sees.
        #expect(rows["conv2"]?.flops == Double(14 * 14 * 64 * 2 * 25 * 32))
    }

    /// What a profile of the layers one by one counts.
    @Test func theSummarysOperationsAreTheProfiles() throws {
        let network = NetworkDescription(
            input: Self.image,
            [
                .conv2d("conv", 8, kernel: 3, padding: 1), .batchNorm("bn"), .relu, .maxPool(2),
                .depthwiseConv2d("depthwise", kernel: 3, padding: 1), .groupNorm("gn", groups: 2),
                .gelu, .residual("add", [.conv2d("conv", 8, kernel: 1), .silu]),
                .averagePool(3, stride: 2), .concat("cat", [[.tanh], [.sigmoid]]),
                .adaptiveAveragePool(2), .flatten, .linear("fc", 12), .layerNorm("ln"),
                .leakyReLU(), .dropout(0.5), .linear("head", 3),
            ])
        let graph = try network.graph()
        let plan = NetworkPlanner(graph).layerByLayer()
        let built = Network(
            graph, network, seed: 1, plan: plan, pool: WorkerPool(threadCount: 1),
            mergesNorms: false)
        built.planTraining(sampleCount: 2)
        built.profiling = true
        built.trainingPass(
            sampleCount: 2, step: 0,
            batch: Ones())
        let profile = built.takeProfile().filter { $0.name.hasSuffix(" forward") }
        let summary = try NetworkSummary(network, plan: plan)
        #expect(2 * summary.flops == profile.reduce(0) { $0 + $1.flops })
        #expect(summary.rows.first { $0.layer == "add" }?.flops == Double(16 * 16 * 8))
        #expect(summary.rows.first { $0.layer == "fc" }?.flops == Double(2 * 64 * 12))
    }
}

/// Some batch.
private final class Ones: TrainingBatch {
    func load(_ chunk: Chunk, into inputs: FloatSlice) { inputs.fill(1) }
    func loss(_ chunk: Chunk, outputs: FloatSlice, gradient: FloatSlice) { gradient.fill(1) }
}
