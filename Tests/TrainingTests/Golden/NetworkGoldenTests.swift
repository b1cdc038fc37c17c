import Foundation
import Kernels
import LinearAlgebra
import TestSupport
import Testing

@testable import Training

/// Networks drawn at random against PyTorch's float64, by each way of computing them.
///
/// The largest relative errors of an array that were seen: see `tolerance`.
@Suite struct NetworkGoldenTests {
    static let goldens = GoldenTensors("networks.safetensors")
    private static let networks = try! GoldenNetworks.read(goldens)

    @Test(arguments: NetworkGoldenTests.networks)
    func everyPlanComputesWhatPyTorchDoes(golden: GoldenNetwork) throws {
        try NetworkComparison(golden).check(threads: 2)
    }

    /// The kernels that this machine would not choose by itself, too.
    @Test(arguments: NetworkGoldenTests.networks)
    func everyCPULevelComputesWhatPyTorchDoes(golden: GoldenNetwork) throws {
        try atEachCPULevel { level in
            // A single thread is this one, which is limited.
            try NetworkComparison(golden).check(threads: 1, "CPU level \(level)")
        }
    }

    /// Every word of the language is among them, and every algorithm.
    @Test func theNetworksHaveEveryLayer() throws {
        let graphs = try Self.networks.map { try $0.network.graph() }
        #expect(graphs.count >= 40)
        let words = try Set(Self.networks.flatMap { try GoldenNetworks.words($0.network) })
        let missing = LayerWord.allCases.map(\.rawValue).filter { !words.contains($0) }
        #expect(missing.isEmpty, "no network has \(missing)")
        let algorithms = Set(
            graphs.flatMap { NetworkPlanner($0).table().algorithms.values.map(\.rawValue) })
        #expect(algorithms == Set(ConvolutionAlgorithm.allCases.map(\.rawValue)), "\(algorithms)")
    }

    /// `TESSERA_DRAW_NETWORKS=1 swift test --filter drawsTheNetworks`, then `generate/networks.py`.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["TESSERA_DRAW_NETWORKS"] != nil))
    func drawsTheNetworks() throws {
        let text = try GoldenNetworks.text(GoldenNetworks.draw(count: 48))
        try Data(text.utf8).write(to: goldenFile("networks.json"))
    }
}

/// One network by several plans beside PyTorch's numbers.
private struct NetworkComparison {
    let golden: GoldenNetwork
    let graph: NetworkGraph
    let numbers: GoldenNumbers

    /// Of ‖array − expected‖ / ‖expected‖. PyTorch's own float32 is within 5e-6.
    static let tolerance = 1e-4

    init(_ golden: GoldenNetwork) throws {
        self.golden = golden
        graph = try golden.network.graph()
        let facts = try JSONDecoder().decode(
            GoldenNetworkFacts.self,
            from: Data(NetworkGoldenTests.goldens.file.metadata["\(golden.seed)"]!.utf8))
        numbers = GoldenNumbers(golden, graph, facts)
    }

    func check(threads: Int, _ place: String = "") throws {
        let planner = NetworkPlanner(graph)
        let pool = WorkerPool(threadCount: threads)
        for (title, plan) in [
            ("table", planner.table()), ("winograd2", planner.plan(tile: .winograd2)),
            ("layer by layer", planner.layerByLayer()),
        ] {
            let network = Network(
                graph, golden.network, seed: 0, plan: plan, pool: pool,
                mergesNorms: title != "layer by layer")
            try network.load(numbers.state)
            check(network, "network \(golden.seed) \(title) \(place)")
        }
    }

    private func check(_ network: Network, _ label: String) {
        let outputs = trainingPass(network)
        var errors = [("outputs", relativeError(outputs, expected("output")))]
        errors += gradientErrors(network)
        for entry in network.stateDictionary().entries where entry.name.contains(".running_") {
            guard case .floats(let values) = entry.values else { continue }
            errors.append((entry.name, relativeError(values, expected("after.\(entry.name)"))))
        }
        errors.append(
            ("evaluation", relativeError(evaluation(network), expected("evaluation"))))
        let worst = errors.max { $0.1 < $1.1 || $1.1.isNaN }!
        if ProcessInfo.processInfo.environment["TESSERA_PRINT_ERRORS"] != nil {
            FileHandle.standardError.write(
                Data("\(worst.1) \(label): \(worst.0)\n".utf8))
        }
        let failures = errors.filter { !($0.1 <= Self.tolerance) }
        #expect(failures.isEmpty, "\(label): \(graph.nodes.map(\.line))")
    }

    /// Where batch norm takes a bias away again, its gradient is zero and the error is the size of what is
    /// left beside the largest gradient.
    private func gradientErrors(_ network: Network) -> [(String, Double)] {
        let goldens = network.parameters.map { expected("grad.\($0.name)") }
        let scale = goldens.map(norm).max()!
        return zip(network.parameters, goldens).map { parameter, expected in
            let found = sampled(parameter.exportedGradient)
            let error =
                norm(expected) < 1e-6 * scale
                ? norm(zip(found, expected).map { $0 - $1 }) / scale
                : relativeError(found, expected)
            return (parameter.name, error)
        }
    }

    private func expected(_ name: String) -> [Float] {
        NetworkGoldenTests.goldens.floats("\(golden.seed).\(name)")
    }

    private func norm(_ values: [Float]) -> Double {
        values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }

    /// As `sampled` of `generate/networks.py`.
    private func sampled(_ values: [Float]) -> [Float] {
        let step = [1, 7, 13, 29, 53, 101].first { values.count <= 2048 * $0 }!
        return stride(from: 0, to: values.count, by: step).map { values[$0] }
    }

    // MARK: - Passes

    private func trainingPass(_ network: Network) -> [Float] {
        network.planTraining(sampleCount: golden.samples)
        let batch = LinearLossBatch(network, numbers.inputs, upstream: numbers.upstream)
        network.trainingPass(sampleCount: golden.samples, step: 1, batch: batch)
        return batch.outputs.array
    }

    private func evaluation(_ network: Network) -> [Float] {
        let inputs = FloatSlice(numbers.inputs)
        let size = graph.outputShape.count
        let outputs = FloatBuffer(count: golden.samples * size).all
        network.evaluate(sampleCount: golden.samples) { chunk, x in
            x.update(from: inputs.slice(chunk.start * graph.input.count, count: x.count))
        } consume: { chunk, y in
            outputs.slice(chunk.start * size, count: y.count).update(from: y)
        }
        return outputs.array
    }
}

extension NetworkGraph.Node {
    /// For a failed test.
    fileprivate var line: String { "\(name) \(operation.title) \(output)" }
}
