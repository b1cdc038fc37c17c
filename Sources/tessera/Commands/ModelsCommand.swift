import ArgumentParser
import DigitPipeline
import Foundation
import Registry
import Training

/// `tessera models`: what is in the registry, and how it came there.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List models, show one, read the record of decisions, and verify it.",
        subcommands: [
            List.self, Show.self, History.self, Verify.self, RollbackCommand.self,
        ], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the registry's models.")
        @OptionGroup var home: HomeOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let models = try home.registry().list()
            if output.json { return try printJSON(["models": models.map(ModelRecord.init)]) }
            let layout = output.layout
            try StandardOutput.lines(
                models.isEmpty
                    ? ["no models; `tessera run` makes one"] : ModelTable.lines(models, layout),
                layout)
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a model file says of itself, in JSON.")
        @OptionGroup var home: HomeOptions
        @OptionGroup var output: JSONOption
        @Argument(help: modelHelp)
        var model = "deployed"

        func run() throws {
            let config = try home.effectiveConfig().config
            try printJSON(ChosenModel(model, home: config.homeURL).file.description)
        }
    }

    struct History: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every decision, oldest first.")
        @OptionGroup var home: HomeOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let decisions = try home.registry().history()
            if output.json { return try printJSON(["decisions": decisions]) }
            try StandardOutput.lines(
                decisions.isEmpty ? ["no decisions yet"] : decisions.flatMap(\.historyLines),
                output.layout)
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the record of decisions and every model's bytes.",
            discussion: "Ends with 2 when something was altered or is missing.")
        @OptionGroup var home: HomeOptions

        func run() throws {
            let registry = try home.registry()
            for leftover in try registry.leftovers() {
                Console.standardError().line(
                    "registry: \(leftover); a crash leaves that, and the next deployment mends it")
            }
            var problems = try registry.verifyAudit().map(\.description)
            if problems.isEmpty, let store = try home.readableStore() {
                problems += try LostDeployments(registry, store).problems
            }
            guard problems.isEmpty else {
                try StandardOutput.lines(problems)
                throw end(.badInput)
            }
            try StandardOutput.line("the record and every model verify")
        }
    }
}

extension HomeOptions {
    fileprivate func registry() throws -> ModelRegistry {
        DeploymentStage.registry(home: try effectiveConfig().config.homeURL)
    }
}

/// A registered model in JSON.
private struct ModelRecord: Encodable {
    let digest: String
    let fileName: String
    let byteCount: Int
    let addedAt: Date
    let isDeployed: Bool
    let metrics: GateMetrics?
    /// The data that they are of.
    let data: String?

    init(_ model: RegisteredModel) {
        digest = model.digest
        fileName = model.fileName
        byteCount = model.byteCount
        addedAt = model.addedAt
        isDeployed = model.isDeployed
        metrics = model.metrics
        data = model.measurement?.data
    }

    enum CodingKeys: String, CodingKey {
        case digest = "sha256"
        case fileName = "file_name"
        case byteCount = "byte_count"
        case addedAt = "added_at"
        case isDeployed = "is_deployed"
        case metrics, data
    }
}

/// Models in a table, a line each; a star for what is deployed.
private enum ModelTable {
    static func lines(_ models: [RegisteredModel], _ layout: TextLayout) -> [String] {
        // Accuracies on different sets aren't comparable, so each says its set.
        var table = TextTable(
            .text(""), .text("digest"), .number("accuracy", rank: 1),
            .folding("on", rank: 2, to: 12),
            .folding("file", to: 24))
        for model in models {
            table.add(
                model.isDeployed ? "*" : "", String(model.digest.prefix(12)),
                model.metrics?[GateMetrics.accuracy].map { Format.percent($0) } ?? "-",
                model.measurement?.data ?? "", model.fileName)
        }
        return table.lines(layout)
    }
}

extension Decision {
    fileprivate var historyLines: [String] {
        let time = time.formatted(.iso8601)
        return ["#\(number) \(time) \(fileName) (\(modelDigest.prefix(12)))"] + lines
    }
}
