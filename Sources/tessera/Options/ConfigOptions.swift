import ArgumentParser
import DigitPipeline
import DurableFiles
import Foundation

/// Every configuration flag, for the commands that train.
struct ConfigOptions: ParsableArguments {
    @OptionGroup var file: ConfigFileOptions
    @OptionGroup var recipe: RecipeOptions
    @OptionGroup var machine: MachineOptions
    @OptionGroup var cpu: CPUOptions
    @OptionGroup(title: ConfigSchema.data.title) var data: DataOptions
    @OptionGroup(title: ConfigSchema.network.title) var network: NetworkOptions
    @OptionGroup(title: ConfigSchema.training.title) var training: TrainingOptions
    @OptionGroup(title: ConfigSchema.optimizer.title) var optimizer: OptimizerOptions
    @OptionGroup(title: ConfigSchema.schedule.title) var schedule: ScheduleOptions
    @OptionGroup(title: ConfigSchema.stopping.title) var stopping: StoppingOptions
    @OptionGroup(title: ConfigSchema.augmentation.title) var augmentation: AugmentationOptions
    @OptionGroup(title: ConfigSchema.checkpoints.title) var checkpoints: CheckpointOptions
    @OptionGroup(title: ConfigSchema.gate.title) var gate: GateOptions

    private var groups: [any ConfigFlags] {
        [
            recipe, machine, cpu, data, network, training, optimizer, schedule, stopping,
            augmentation, checkpoints, gate,
        ]
    }

    /// Recipe defaults, then the file, then the environment, then the flags.
    ///
    /// - Throws: `RunConfigError`, naming where the fault was written.
    func effectiveConfig(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> EffectiveConfig {
        let config = try file.effectiveConfig(
            flags: groups.flatMap(\.settings), environment: environment)
        for notice in config.notices { Console.standardError().line(notice) }
        return config
    }
}

/// The flags of a command that reads or writes models without training: the file's other keys are
/// read and checked all the same.
struct HomeOptions: ParsableArguments {
    @OptionGroup var file: ConfigFileOptions
    @OptionGroup var machine: MachineOptions

    func effectiveConfig(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> EffectiveConfig {
        try file.effectiveConfig(flags: machine.settings, environment: environment)
    }
}

/// Which file configuration is read from.
struct ConfigFileOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "A YAML file of configuration keys, - for standard input (default: "
                + "\(TesseraVariable.config), or tessera.yaml if there is one).",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    /// The file that is read: the one named, or `tessera.yaml` where one lies in the current folder.
    func path(environment: [String: String]) -> String? {
        if let config { return config }
        if let named = environment[TesseraVariable.config], !named.isEmpty { return named }
        // A link that leads nowhere is there, and reading it says so.
        return FileFacts(Self.defaultPath) == nil ? nil : Self.defaultPath
    }

    /// The same from the root on, for a run's record.
    var paths: [String: String] {
        let path = path(environment: ProcessInfo.processInfo.environment)
        return path.map { ["config": FilePath.absolute($0)] } ?? [:]
    }

    func effectiveConfig(
        flags: [ConfigSetting], environment: [String: String]
    ) throws -> EffectiveConfig {
        let file = try path(environment: environment).map { try YAMLConfigFile(path: $0).settings }
        let variables = try ConfigSchema.settings(environment: environment)
        return try EffectiveConfig(settings: (file ?? []) + variables + flags)
    }

    private static let defaultPath = "tessera.yaml"
}
