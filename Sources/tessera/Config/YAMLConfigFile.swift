import DigitPipeline
import DurableFiles
import Foundation
import Training
import Yams

/// Reads a `tessera.yaml`: one mapping of keys to scalars. Yams stops here.
struct YAMLConfigFile {
    /// In the file's order, each with its line.
    let settings: [ConfigSetting]

    /// - Throws: `RunConfigError` for a file that can't be read, isn't YAML, or has a key twice or
    ///   a list or mapping as a value. Names and values of keys are checked by `EffectiveConfig`.
    init(path: String) throws {
        do {
            try self.init(text: ConfigText.read(path), path: path)
        } catch FileError.unreadable(_, let reason) {
            throw RunConfigError.unreadable(path: path, reason: reason)
        }
    }

    /// - Parameter path: names the file in messages.
    init(text: String, path: String) throws {
        // Nothing at all, and a document with nothing in it (`---`), set nothing.
        guard let root = try Self.compose(text, path: path), root.null == nil else {
            settings = []
            return
        }
        guard let mapping = root.mapping else {
            throw RunConfigError.notYAML(
                path: path, line: root.mark?.line, reason: "expected lines of the form `key: value`"
            )
        }
        settings = try mapping.map { try Self.setting(key: $0.key, value: $0.value, path: path) }
    }

    // MARK: - One entry

    private static func setting(key: Node, value: Node, path: String) throws -> ConfigSetting {
        let line = key.mark?.line ?? 1
        let origin = ConfigOrigin.file(path: path, line: line)
        guard let name = key.scalar?.string else {
            throw RunConfigError.notYAML(path: path, line: line, reason: "a key must be one word")
        }
        if let list = value.sequence, name == NetworkConfig.kindKey.name {
            return ConfigSetting(key: name, value: try layers(list, path: path), origin: origin)
        }
        guard let scalar = value.scalar else {
            // An unknown key is the first fault to tell of.
            guard let known = ConfigSchema.key(named: name) else {
                throw RunConfigError.unknownKey(
                    name: name, nearest: ConfigSchema.nearestKey(to: name), origin: origin)
            }
            throw RunConfigError.notScalar(key: name, allowed: known.allowed, origin: origin)
        }
        return ConfigSetting(key: name, value: rawValue(scalar), origin: origin)
    }

    private static func layers(
        _ list: Node.Sequence, path: String
    ) throws -> RawConfigValue {
        do { return .quoted(try YAMLLayers.text(list)) } catch {
            throw RunConfigError.layer(
                origin: .file(path: path, line: error.line ?? 1), problem: error.problem)
        }
    }

    static func rawValue(_ scalar: Node.Scalar) -> RawConfigValue {
        guard scalar.style == .plain || scalar.style == .any else { return .quoted(scalar.string) }
        let nulls = ["", "~", "null", "Null", "NULL"]
        return nulls.contains(scalar.string) ? .null : .plain(scalar.string)
    }

    // MARK: - Faults of the file

    private static func compose(_ text: String, path: String) throws -> Node? {
        if let line = YAMLAliases.lineBeyondLimit(text) {
            throw RunConfigError.notYAML(path: path, line: line, reason: YAMLAliases.reason)
        }
        do {
            return try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw configError(error, text: text, path: path)
        }
    }

    private static func configError(
        _ error: YamlError, text: String, path: String
    ) -> RunConfigError {
        if let twice = duplicate(error, text: text) {
            return .duplicateKey(
                name: twice.name, path: path, line: twice.line, firstLine: twice.firstLine)
        }
        let (line, problem) = fault(error)
        return .notYAML(path: path, line: line, reason: problem)
    }

    /// The key that a mapping has twice, if that is the fault.
    static func duplicate(
        _ error: YamlError, text: String
    ) -> (name: String, line: Int, firstLine: Int?)? {
        guard case .duplicatedKeysInMapping(let names, let context) = error else { return nil }
        let name = names.first ?? ""
        let lines = linesSetting(name, in: text)
        return (
            name, lines.dropFirst().first ?? context.mark.line, lines.count > 1 ? lines.first : nil
        )
    }

    /// Where and why a text isn't YAML, without the text itself.
    static func fault(_ error: YamlError) -> (line: Int?, problem: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            (mark.line, problem)
        case .reader(let problem, _, _, _): (nil, problem)
        // The others' texts may repeat the file.
        default: (nil, "it can't be read as YAML")
        }
    }

    /// The numbers of the lines that set `name`; Yams tells only one of them.
    private static func linesSetting(_ name: String, in text: String) -> [Int] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .filter { _, line in
                let bare = line.drop { " \t\"'".contains($0) }
                return bare.hasPrefix(name)
                    && bare.dropFirst(name.count).drop { " \t\"'".contains($0) }.hasPrefix(":")
            }
            .map { $0.offset + 1 }
    }
}
