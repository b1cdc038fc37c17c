import ArgumentParser
import DigitPipeline
import Training

/// Some keys of the table that have flags together.
protocol KeyGroup {
    static var keys: [ConfigKey<RunConfig>] { get }
    /// The config whose values the keys have unless they are set, by which help tells the defaults; nil for
    /// the recipe's.
    static var base: RunConfig? { get }
}

extension KeyGroup {
    static var base: RunConfig? { nil }
}

/// The flags of a group of keys, each made from the table: `learning_rate` is `--learning-rate`. Values
/// are handed on as text, so that the table is the one checker.
///
/// ArgumentParser takes a type's flags from its mirror and their values from its decoder, which the
/// compiler makes from stored properties; here both are made from the keys. Its interface doesn't promise
/// that, so the manifest takes versions of one minor number; `ConfigOptionsTests` tries each flag.
struct KeyFlags<Group: KeyGroup>: ConfigFlags, CustomReflectable {
    let settings: [ConfigSetting]

    static var keys: [String] { Group.keys.map(\.name) }

    init() { settings = [] }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: KeyFlag.Name.self)
        settings = try Group.keys.compactMap {
            try KeyFlag(key: $0, base: Group.base).setting(in: container)
        }
    }

    var customMirror: Mirror {
        Mirror(
            self,
            // Properties with wrappers are stored under such names.
            children: Group.keys.map {
                ("_\($0.name)", KeyFlag(key: $0, base: Group.base).argument)
            })
    }
}

/// One key's flag.
private struct KeyFlag {
    let key: ConfigKey<RunConfig>
    let base: RunConfig?

    struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
        init(_ name: String) { stringValue = name }
    }

    /// As ArgumentParser has it.
    var argument: Any {
        switch key.domain {
        case .boolean:
            Flag<Bool?>(
                name: name, inversion: .prefixedNo, exclusivity: .chooseLast, help: .key(key, base))
        case .choice(let names):
            Option<String?>(name: name, help: .key(key, base), completion: .list(names))
        case .folder: Option<String?>(name: name, help: .key(key, base), completion: .directory)
        case .integer, .number, .text:
            // Taken unconditionally, so that `--weight-decay -1` reaches the table and its message.
            Option<String?>(name: name, parsing: .unconditional, help: .key(key, base))
        }
    }

    /// What was given; nil where nothing was.
    func setting(in container: KeyedDecodingContainer<Name>) throws -> ConfigSetting? {
        let coding = Name(key.name)
        guard case .boolean = key.domain else {
            return try container.decode(Option<String?>.self, forKey: coding).wrappedValue
                .map { setting($0, flag: key.flag) }
        }
        return try container.decode(Flag<Bool?>.self, forKey: coding).wrappedValue
            .map { setting("\($0)", flag: $0 ? key.flag : key.negatedFlag) }
    }

    private var name: NameSpecification { .customLong(String(key.flag.dropFirst(2))) }

    private func setting(_ text: String, flag: String) -> ConfigSetting {
        ConfigSetting(key: key.name, value: .plain(text), origin: .flag(name: flag))
    }
}

extension ConfigKey {
    /// `--learning-rate` of `learning_rate`.
    var flag: String { "--" + name.replacing("_", with: "-") }

    fileprivate var negatedFlag: String { "--no-" + name.replacing("_", with: "-") }
}
