import ArgumentParser
import DigitPipeline
import Foundation
import Kernels
import Registry
import Training

/// `tessera deploy`: put a model behind the gate.
struct DeployCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy",
        abstract: "Deploy a model: by the gate, by a person, or by force.",
        discussion: """
            automatic deploys only if every threshold is met, if what is deployed is no better on the \
            same data, and never in place of what a person promoted (but with --replace-promoted). \
            manual is a person's promotion of the named model: the gate is evaluated and recorded, \
            and doesn't bind. force bypasses it and says so. A file that doesn't verify is never \
            deployed. Ends with 3 when the gate refuses.

            The gate judges by what a run of this store measured of this very file, or, with \
            --data-dir or --dataset, by measuring now; what a file says of itself counts for nothing.
            """)

    @OptionGroup var file: ConfigFileOptions
    @OptionGroup var machine: MachineOptions
    @OptionGroup(title: "Data") var data: DataOptions
    @OptionGroup(title: "Gate") var gate: GateOptions
    @OptionGroup var output: JSONOption
    @Argument(help: modelHelp, completion: .file(extensions: ["safetensors"]))
    var model: String
    @OptionGroup(title: "Deployment") var deployment: StrategyOptions

    func run() throws {
        let effective = try file.effectiveConfig(
            flags: machine.settings + data.settings + gate.settings,
            environment: ProcessInfo.processInfo.environment)
        let decider = try ModelDecider(effective)
        let named = try ModelReference(
            model, home: effective.config.homeURL, store: { decider.store }
        ).resolve()
        sayNotices(of: named)
        let strategy = try deployment.strategy()
        try decider.requireRecord(strategy)
        // The run's own artifacts give a damaged copy its bytes again.
        if case .content(let data, _) = named.source, try decider.registry.mend(with: data) {
            Console.standardError().line(
                "registry: the file of this model was damaged and is whole again")
        }
        let result = try decider.registry.deploy(
            named.source, strategy: strategy,
            gate: try effective.config.gate.gate(),
            judge: decider.judge(known: named.measurement).judge, verify: decider.verify)
        try result.report(output)
    }

    /// One that doesn't parse is refused later, with a record.
    private func sayNotices(of model: NamedModel) {
        guard let file = try? ModelFile(parsing: model.bytes, name: model.fileName) else { return }
        file.say(model.label, isNamed: model.source.isFile)
    }
}
