import ArgumentParser
import DigitPipeline
import Training

/// What a model must reach to be deployed.
struct GateOptions: ConfigFlags {
    @OptionGroup var thresholds: KeyFlags<ThresholdKeys>

    @Flag(exclusivity: .chooseLast)
    var worseModel: WorseModel?

    /// What the flag was called before it had a name without two negations.
    @Flag(name: .customLong("no-no-worse-than-deployed"), help: .hidden)
    var allowsWorse = false

    @OptionGroup var promotion: KeyFlags<PromotionKeys>

    static var keys: [String] {
        KeyFlags<ThresholdKeys>.keys + [WorseModel.key.name] + KeyFlags<PromotionKeys>.keys
    }

    var settings: [ConfigSetting] {
        let chosen = allowsWorse ? .allowed : worseModel
        return thresholds.settings + [chosen?.setting].compactMap(\.self) + promotion.settings
    }
}

/// All keys of the gate but the two below.
enum ThresholdKeys: KeyGroup {
    static var keys: [ConfigKey<RunConfig>] {
        let others = [WorseModel.key.name] + PromotionKeys.keys.map(\.name)
        return ConfigSchema.gate.keys.filter { !others.contains($0.name) }
    }
}

enum PromotionKeys: KeyGroup {
    static var keys: [ConfigKey<RunConfig>] { [ConfigSchema.replacePromotedKey] }
}

/// Whether a model may be deployed in place of a more accurate one: a key whose flags are no negation of a
/// negation.
enum WorseModel: EnumerableFlag {
    case refused, allowed

    static let key = ConfigSchema.noWorseThanDeployedKey

    private var flag: String { self == .refused ? Self.key.flag : "--allow-worse-than-deployed" }

    fileprivate var setting: ConfigSetting {
        ConfigSetting(
            key: Self.key.name, value: .plain("\(self == .refused)"), origin: .flag(name: flag))
    }

    static func name(for value: WorseModel) -> NameSpecification {
        .customLong(String(value.flag.dropFirst(2)))
    }

    static func help(for value: WorseModel) -> ArgumentHelp? {
        switch value {
        case .refused: .key(key)
        case .allowed: "deploy also a model less accurate than the deployed one"
        }
    }
}
