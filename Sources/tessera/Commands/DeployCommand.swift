import ArgumentParser
import DigitPipeline
import Foundation
import Registry
import Training

/// `tessera deploy`: put a model behind the gate.
struct DeployCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy",
        abstract: "Deploy a model: by the gate, by a person, or by force.",
        discussion: """
            automatic deploys only if every threshold is met. manual is a person's promotion of the \
            named model: the gate is evaluated and recorded, and doesn't bind. force bypasses it and \
            says so. A file that doesn't verify is never deployed. Ends with 3 when the gate refuses.
            """)

    enum Strategy: String, ExpressibleByArgument, CaseIterable { case automatic, manual, force }

    @OptionGroup var file: ConfigFileOptions
    @OptionGroup var machine: MachineOptions
    @OptionGroup(title: "Gate") var gate: GateOptions
    @OptionGroup var output: JSONOption
    @Argument(
        help: "A model file, the start of a digest, a file name, or latest.",
        completion: .file(extensions: ["safetensors"]))
    var model: String
    @Option(help: "Who decides: automatic, manual or force.") var strategy: Strategy = .automatic
    @Option(help: "Who promotes it (with manual); the user's name by default.")
    var approver: String?
    @Option(help: "Why, for the record (with manual and force).") var reason: String?

    func validate() throws {
        if strategy != .automatic && (reason ?? "").isEmpty {
            throw ValidationError(
                "--strategy \(strategy.rawValue) needs --reason '…', which goes into the record.")
        }
        if strategy != .manual && approver != nil {
            throw ValidationError("--approver goes with --strategy manual.")
        }
    }

    func run() throws {
        let config = try file.effectiveConfig(
            flags: machine.settings + gate.settings,
            environment: ProcessInfo.processInfo.environment
        ).config
        let registry = try DeploymentStage.registry(home: config.homeURL)
        for notice in registry.notices { Console.standardError().write("registry: \(notice)\n") }
        let isFile = FileManager.default.fileExists(atPath: model)
        let pool = config.makePool()
        let decision = try registry.deploy(
            isFile ? .file(URL(fileURLWithPath: model)) : .stored(model),
            strategy: try deploymentStrategy(), gate: try config.gate.gate(),
            metrics: try metrics(isFile: isFile, registry),
            verify: { try DeploymentStage.verify($0, pool: pool) })
        if output.json { try printJSON(decision) } else { print(decision.text) }
        guard decision.outcome == .deployed else { throw end(.gateRefused) }
    }

    private func deploymentStrategy() throws -> DeploymentStrategy {
        switch strategy {
        case .automatic: return .automatic
        case .force: return .force(reason: reason ?? "")
        case .manual:
            guard let approver = approver ?? ModelRegistry.currentUser else {
                throw ValidationError("--approver NAME is needed: the user's name isn't known.")
            }
            return .manual(approver: approver, reason: reason ?? "")
        }
    }

    /// The metrics in the file; none for a file that doesn't even parse, which the registry then
    /// refuses with a record.
    private func metrics(isFile: Bool, _ registry: ModelRegistry) throws -> GateMetrics? {
        let parsed = Result { () throws -> ModelDescription in
            if isFile { return try ModelFile.read(URL(fileURLWithPath: model)).description }
            let stored = try registry.model(model)
            return try ModelFile(SafetensorsFile(parsing: stored.data, name: stored.fileName))
                .description
        }
        switch parsed {
        case .success(let description): return DeploymentStage.gateMetrics(description)
        case .failure(is ModelFileError): return nil
        case .failure(let error): throw error
        }
    }
}

extension Decision {
    var text: String {
        (["\(fileName) (\(modelDigest.prefix(12)))"] + lines).joined(separator: "\n")
    }
}
