import Foundation
import Kernels
import TestSupport
import Testing

@testable import Training

/// A network that PyTorch computed, too: one of `networks.json`.
struct GoldenNetwork: Codable, Sendable, CustomTestStringConvertible {
    /// Of `RandomNetworks`.
    let seed: UInt64
    let samples: Int
    let network: NetworkDescription

    var testDescription: String { "network \(seed)" }
}

/// The networks of `networks.json`: how they were drawn.
///
/// They are committed rather than drawn anew, so that `RandomNetworks` may draw others one day.
struct GoldenNetworks: Codable {
    let networks: [GoldenNetwork]

    /// What a network's layers, and those within them, are called in files.
    static func words(_ network: NetworkDescription) throws -> Set<String> {
        try words(network.layers)
    }

    private static func words(_ layers: [LayerDescription]) throws -> Set<String> {
        var words: Set<String> = []
        for layer in layers {
            let written = try JSONSerialization.jsonObject(
                with: JSONEncoder().encode(layer), options: .fragmentsAllowed)
            words.insert(
                try #require(written as? String ?? (written as? [String: Any])?.keys.first))
            switch layer.kind {
            case .sequence(let layers): words.formUnion(try self.words(layers))
            case .add(let branches), .concat(let branches):
                for branch in branches { words.formUnion(try self.words(branch)) }
            default: break
            }
        }
        return words
    }

    /// Those that have golden values: batch norms in a row may multiply rounding so much that no draw of
    /// numbers keeps float32 near float64, and `generate/networks.py` leaves such networks out.
    static func read(_ goldens: GoldenTensors) throws -> [GoldenNetwork] {
        let data = try Data(contentsOf: goldenFile("networks.json"))
        return try JSONDecoder().decode(GoldenNetworks.self, from: data).networks
            .filter { goldens.file.metadata["\($0.seed)"] != nil }
    }

    /// Small networks: for the first three quarters those that show something that none before did, then
    /// whatever comes.
    static func draw(count: Int) throws -> [GoldenNetwork] {
        var (networks, seen): ([GoldenNetwork], Set<String>) = ([], [])
        for seed in 1...UInt64(4_000) where networks.count < count {
            var random = RandomNetworks(seed: seed, dropoutRate: 0)
            let drawn = GoldenNetwork(
                seed: seed, samples: [5, 9, 11, 19][Int(seed % 4)], network: random.draw())
            let graph = try drawn.network.graph()
            guard drawn.isSmall(graph) else { continue }
            let shown = parts(graph).union(try words(drawn.network))
            guard seed > 2_000 || networks.count >= count * 3 / 4 || !seen.isSuperset(of: shown)
            else { continue }
            networks.append(drawn)
            seen.formUnion(shown)
        }
        return networks
    }

    /// What the table makes of a network: algorithms with what is fused with them, and other layers.
    static func parts(_ graph: NetworkGraph) -> Set<String> {
        let planner = NetworkPlanner(graph)
        return Set(
            planner.stages(planner.table()).map { stage in
                let titles = planner.nodes(of: stage).map { graph.nodes[$0].operation.title }
                let name = titles.joined(separator: "+")
                guard case .convolution(let fused) = stage else { return name }
                return "\(fused.algorithm.rawValue): \(name)"
            })
    }

    /// A line a network.
    static func text(_ networks: [GoldenNetwork]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let lines = try networks.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        return "{\"networks\":[\n" + lines.joined(separator: ",\n") + "\n]}\n"
    }
}

extension GoldenNetwork {
    /// For the golden file's size; and fewer values are fewer that lie where rounding decides.
    fileprivate func isSmall(_ graph: NetworkGraph) -> Bool {
        let values = graph.nodes.reduce(0) { $0 + $1.output.count }
        return graph.parameterCount <= 40_000 && values * samples <= 60_000
            && graph.outputShape.count <= 16
    }
}

/// What PyTorch says of a network beside the arrays: how often its numbers were drawn, and its state's
/// tensors.
struct GoldenNetworkFacts: Decodable {
    let draw: Int
    let state: [String: [Int]]
}

/// A golden network's numbers, which both sides draw: inputs, upstream gradient, then the state.
struct GoldenNumbers {
    /// N H W C, as the engine has them.
    let inputs: [Float]
    let upstream: [Float]
    let state: StateDictionary

    init(_ golden: GoldenNetwork, _ graph: NetworkGraph, _ facts: GoldenNetworkFacts) {
        var random = SeededGenerator(seed: 1000 * golden.seed + UInt64(facts.draw))
        inputs = channelsLast(
            random.floats(golden.samples * graph.input.count), graph.input)
        upstream = random.floats(golden.samples * graph.outputShape.count)
        state = StateDictionary(
            facts.state.sorted { $0.key < $1.key }.map { name, shape in
                StateDictionary.Entry(
                    name: name, shape: shape, values: GoldenNumbers.values(&random, name, shape))
            })
    }

    /// As `value` of `generate/networks.py`.
    private static func values(
        _ random: inout SeededGenerator, _ name: String, _ shape: [Int]
    ) -> StateDictionary.Values {
        if name.hasSuffix("num_batches_tracked") { return .integers([0]) }
        let u = random.floats(shape.reduce(1, *))
        if shape.count == 2 || shape.count == 4 {
            let scale = (3 / Float(shape.dropFirst().reduce(1, *))).squareRoot()
            return .floats(u.map { $0 * scale })
        }
        if name.hasSuffix(".running_var") { return .floats(u.map { 1 + $0 / 2 }) }
        return .floats(
            name.hasSuffix(".weight") ? u.map { $0 + ($0 < 0 ? -0.5 : 0.5) } : u)
    }
}

/// Samples C H W, one after another, as H W C.
func channelsLast(_ values: [Float], _ shape: SampleShape) -> [Float] {
    var result = values
    for start in stride(from: 0, to: values.count, by: shape.count) {
        for channel in 0..<shape.channels {
            for pixel in 0..<shape.pixels {
                result[start + pixel * shape.channels + channel] =
                    values[start + channel * shape.pixels + pixel]
            }
        }
    }
    return result
}
