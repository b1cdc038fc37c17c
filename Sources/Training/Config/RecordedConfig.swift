/// A config as the file of a model has it, whichever version wrote it.
///
/// Only what the model's tensors follow from must be understood: in files without the network's
/// description that is the part of the config about the network. Of the rest, values that this version
/// doesn't know give way to the defaults, and all that it doesn't know is told by `unknown`.
struct RecordedConfig: Decodable {
    private(set) var config = ModelConfig()
    private(set) var unknown = UnknownEntries()

    /// Set in a decoder's `userInfo` where the file describes the network besides.
    static let networkIsDescribed = CodingUserInfoKey(rawValue: "network is described")!

    /// - Throws: `DecodingError` for a value that the network follows from.
    init(from decoder: any Decoder) throws {
        let isDescribed = decoder.userInfo[Self.networkIsDescribed] as? Bool ?? false
        let container = try decoder.container(keyedBy: NamedKey.self)
        unknown.keys = ModelConfig.unknownKeys(in: container)
        for key in ModelConfig.storedKeys {
            let isNeeded = key.isOfNetwork && !isDescribed
            do {
                try key.decode(from: container, into: &config)
                if !isNeeded { try key.check(config) }
            } catch  where !isNeeded {
                key.restoreDefault(in: &config)
                unknown.values.append(key.name)
            }
        }
    }
}

extension ConfigKey<ModelConfig> {
    /// Whether the network's tensors follow from it.
    fileprivate var isOfNetwork: Bool {
        effect == .network && name != NetworkConfig.convolutionKey.name
    }

    fileprivate func restoreDefault(in config: inout ModelConfig) {
        _ = store(value(in: ModelConfig()), in: &config)
    }
}

extension ModelConfig {
    fileprivate static func unknownKeys(
        in container: KeyedDecodingContainer<NamedKey>
    ) -> [String] {
        let known = Set(storedKeys.map(\.name))
        return container.allKeys.map(\.stringValue).filter { !known.contains($0) }.sorted()
    }

    /// The keys of a config's JSON that this version doesn't know.
    struct UnknownKeys: Decodable {
        let names: [String]

        init(from decoder: any Decoder) throws {
            names = unknownKeys(in: try decoder.container(keyedBy: NamedKey.self))
        }
    }
}

/// What a file has that this version doesn't know, as those of later versions may.
public struct UnknownEntries: Sendable, Equatable {
    /// Keys of the config.
    public var keys: [String] = []
    /// Keys of the network's description, beside its input and layers.
    public var network: [String] = []
    /// Known keys of the config whose values aren't: their defaults are taken.
    public var values: [String] = []
    /// Entries of the file's metadata.
    public var metadata: [String] = []

    public init() {}

    /// What the user of such a file should know; nil where there is nothing to say.
    ///
    /// - Parameter file: its name.
    public func notice(of file: String) -> String? {
        var parts: [String] = []
        if !keys.isEmpty { parts.append("of its config \(keys.joined(separator: ", "))") }
        if !values.isEmpty {
            parts.append("of its config the values of \(values.joined(separator: ", "))")
        }
        if !network.isEmpty { parts.append("of its network \(network.joined(separator: ", "))") }
        if !metadata.isEmpty { parts.append("of its metadata \(metadata.joined(separator: ", "))") }
        guard !parts.isEmpty else { return nil }
        return "\(file) has what this version of Tessera doesn't know, and goes without: "
            + parts.joined(separator: "; ")
    }
}
