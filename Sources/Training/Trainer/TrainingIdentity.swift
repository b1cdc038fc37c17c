import Foundation
import Kernels

/// What tells one training from another: a checkpoint holds it, and a training goes on only from a
/// checkpoint with the same.
protocol TrainingIdentity {
    /// Its entries of a checkpoint's metadata.
    func metadata() throws -> [Checkpoint.Key: String]

    /// - Throws: `TrainingError.checkpointMismatch` naming what differs; `ModelFileError`.
    func check(_ checkpoint: Checkpoint) throws
}

/// A training that a `ModelConfig` describes wholly.
struct ConfiguredTraining: TrainingIdentity {
    let config: ModelConfig
    let plan: ConvolutionPlan

    func metadata() throws -> [Checkpoint.Key: String] {
        [.config: try Checkpoint.json(config), .plan: try Checkpoint.json(plan)]
    }

    func check(_ checkpoint: Checkpoint) throws {
        let found = try checkpoint.config()
        try Checkpoint.require(found == config, "config", "\(found)", "\(config)")
        try ConfiguredTraining.checkPlan(checkpoint, plan)
    }

    static func checkPlan(_ checkpoint: Checkpoint, _ expected: ConvolutionPlan) throws {
        let found = try checkpoint.plan()
        try Checkpoint.require(
            found == expected, "convolution plan", "\(found)", "\(expected)")
    }
}

/// A training put together from its parts.
struct AssembledTraining: TrainingIdentity, Codable {
    let network: NetworkIdentity
    /// Of the network's weights and dropout; nil in a checkpoint of before it was recorded.
    let networkSeed: UInt64?
    let loss: ComponentRecord
    let optimizer: ComponentRecord
    let schedule: ComponentRecord
    let options: TrainingOptions
    /// By name.
    let metrics: [String]
    /// How the network's convolutions are computed; an entry of its own in checkpoints.
    var plan = ConvolutionPlan([:])

    enum CodingKeys: String, CodingKey {
        case network, loss, optimizer, schedule, options, metrics
        case networkSeed = "network_seed"
    }

    func metadata() throws -> [Checkpoint.Key: String] {
        [.training: try Checkpoint.json(self), .plan: try Checkpoint.json(plan)]
    }

    func check(_ checkpoint: Checkpoint) throws {
        let found = try checkpoint.metadata(.training, as: AssembledTraining.self)
        func require(_ field: String, _ part: (AssembledTraining) -> String) throws {
            try Checkpoint.require(part(found) == part(self), field, part(found), part(self))
        }
        try Checkpoint.require(
            found.network == network, "network", try Checkpoint.json(found.network),
            try Checkpoint.json(network))
        if let seed = found.networkSeed {
            try Checkpoint.require(
                seed == networkSeed, "network's seed", "\(seed)",
                networkSeed.map { "\($0)" } ?? "none")
        }
        try require("loss") { "\($0.loss)" }
        try require("optimizer") { "\($0.optimizer)" }
        try require("schedule") { "\($0.schedule)" }
        try Checkpoint.require(
            found.options == options, "options", try Checkpoint.json(found.options),
            try Checkpoint.json(options))
        try require("metrics") { $0.metrics.joined(separator: ", ") }
        try ConfiguredTraining.checkPlan(checkpoint, plan)
    }
}

/// What tells a network from another: its description, or the texts of its layers where that can't be
/// written, because some are a user's own.
struct NetworkIdentity: Codable, Equatable {
    private let description: NetworkDescription?
    private let layers: [String]?

    init(_ network: Network) {
        let written = network.description.flatMap { try? Checkpoint.json($0) }
        description = written == nil ? nil : network.description
        layers = written == nil ? network.graph.texts : nil
    }
}

extension NetworkGraph {
    /// Each node's name, operation, inputs and output.
    fileprivate var texts: [String] {
        nodes.map { "\($0.name): \($0.operation) of \($0.inputs) → \($0.output)" }
    }
}

extension Checkpoint {
    static func require(
        _ isSame: Bool, _ field: String, _ found: String, _ expected: String
    ) throws {
        guard isSame else {
            throw TrainingError.checkpointMismatch(
                field: field, found: found, expected: expected)
        }
    }
}
