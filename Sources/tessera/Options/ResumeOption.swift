import ArgumentParser
import DigitPipeline
import DurableFiles
import Foundation
import Training

/// `--resume`, for the commands that train.
struct ResumeOption: ParsableArguments {
    @Option(
        defaultAsFlag: "latest",
        help: ArgumentHelp(
            "Go on with a training that was interrupted: the latest, a run's, or a checkpoint file's.",
            valueName: "run|file"),
        completion: .file(extensions: ["safetensors"]))
    var resume: String?

    /// The config of the training that goes on, with the checkpoint that it goes on from.
    ///
    /// A run's own config is taken, but for what was set for this one beside the model's keys; a
    /// file tells only the model's.
    func apply(to effective: EffectiveConfig) throws -> (RunConfig, Resumption?) {
        guard let resume else { return (effective.config, nil) }
        let conv = NetworkConfig.convolutionKey.name
        let asked =
            effective.origin(of: conv) == .default
            ? nil : effective.config.model.network.convolution
        let found = try FoundCheckpoint(
            resume, home: effective.config.homeURL)
        var config = try found.runConfig.map { try effective.overlaid(on: $0) } ?? effective.config
        config.model = try found.checkpoint.config()
        for key in effective.keysThatDiffer(from: config) where key.name != conv {
            Console.standardError().line(
                "\(effective.origin(of: key.name)): \(key.name) \(key.value(in: effective.config)) was asked "
                    + "for; a resumed training keeps \(key.value(in: config))")
        }
        return (config, try Resumption(found, asked: asked))
    }
}

extension EffectiveConfig {
    /// Another config with the values that were set here, and this one's machine.
    fileprivate func overlaid(on other: RunConfig) throws -> RunConfig {
        var result = other
        // What was given here begins here, and what the other has where that was given.
        let isHere = [nil, FilePath.absolute(".")].contains(other.data.folder)
        let own = isHere ? config : config.withAbsolutePaths
        for key in ConfigSchema.keys where isSet(key.name) {
            try key.set(.plain(key.value(in: own).description), in: &result)
        }
        (result.home, result.threads) = (config.home, config.threads)
        result.acceptOtherCPU = config.acceptOtherCPU
        return result
    }

    /// The keys that were set here to other values than a config has, but for those of the machine.
    fileprivate func keysThatDiffer(from other: RunConfig) -> [ConfigKey<RunConfig>] {
        let (own, other) = (config.withAbsolutePaths, other.withAbsolutePaths)
        return ConfigSchema.keys.filter { key in
            isSet(key.name) && key.value(in: own) != key.value(in: other)
        }
    }
}
