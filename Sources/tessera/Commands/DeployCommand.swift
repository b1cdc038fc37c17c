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

    @OptionGroup var file: ConfigFileOptions
    @OptionGroup var machine: MachineOptions
    @OptionGroup(title: "Gate") var gate: GateOptions
    @OptionGroup var output: JSONOption
    @Argument(
        help: "A model file, the start of a digest, a file name, or latest.",
        completion: .file(extensions: ["safetensors"]))
    var model: String
    @OptionGroup(title: "Deployment") var deployment: StrategyOptions

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
            strategy: try deployment.strategy(), gate: try config.gate.gate(),
            metrics: try metrics(isFile: isFile, registry),
            verify: { try DeploymentStage.verify($0, pool: pool) })
        if output.json { try printJSON(decision) } else { print(decision.text) }
        guard decision.outcome == .deployed else { throw end(.gateRefused) }
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
