import ArgumentParser
import DigitPipeline
import Foundation
import Registry

/// `tessera models rollback`: take the deployed model back.
struct RollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Deploy again what was deployed before the model that is deployed now.",
        discussion: """
            Again goes back one further. It is a person's decision: the gate is evaluated and \
            recorded and doesn't bind, and no automatic deployment undoes it.
            """)

    @OptionGroup var file: ConfigFileOptions
    @OptionGroup var machine: MachineOptions
    @OptionGroup(title: "Data") var data: DataOptions
    @OptionGroup(title: "Gate") var gate: GateOptions
    @OptionGroup var output: JSONOption
    @Option(help: "Who decides it; the user's name by default.") var approver: String?
    @Option(help: "Why, for the record.") var reason = "no reason given"

    func run() throws {
        let effective = try file.effectiveConfig(
            flags: machine.settings + data.settings + gate.settings,
            environment: ProcessInfo.processInfo.environment)
        let approver = approver ?? ModelRegistry.currentUser
        let decider = try ModelDecider(effective)
        let result = try decider.registry.rollback(
            approver: approver, reason: reason, gate: try effective.config.gate.gate(),
            judge: decider.judge().judge, verify: decider.verify)
        try result.report(output)
    }
}
