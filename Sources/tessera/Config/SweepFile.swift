import DigitPipeline
import DurableFiles
import Foundation
import SafeText
import Training
import Yams

/// Reads a sweep's YAML file. Unknown and misspelt fields are refused.
struct SweepFile {
    let plan: SweepPlan
    private static let fields = [
        "name", "method", "metric", "config", "parameters", "variants", "seeds", "trials",
        "random_seed", "first_epochs", "factor", "parallel",
    ]

    /// - Throws: `SweepError.file`.
    init(path: String) throws {
        let text: String
        do { text = try ConfigText.read(path) } catch {
            throw SweepError.file(
                path: path, line: nil,
                reason: "can't be read: \(FileError.reason(of: error)); check --config")
        }
        try self.init(text: text, path: path)
    }

    init(text: String, path: String) throws {
        if let line = YAMLAliases.lineBeyondLimit(text) {
            throw SweepError.file(path: path, line: line, reason: YAMLAliases.reason)
        }
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch let error as YamlError {
            if let twice = YAMLConfigFile.duplicate(error, text: text) {
                throw SweepError.file(
                    path: path, line: twice.line,
                    reason: "\(twice.name) is set a second time"
                        + (twice.firstLine.map { " (first in line \($0))" } ?? "")
                        + "; keep one of the two")
            }
            let (line, problem) = YAMLConfigFile.fault(error)
            throw SweepError.file(path: path, line: line, reason: "not YAML: \(problem)")
        }
        let reader = Reader(path: path)
        let fields = try reader.mapping(root, "the file", allowed: SweepFile.fields)
        var plan = SweepPlan(
            name: try fields["name"].map { try reader.text($0, "name") }
                ?? URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)
        if let node = fields["method"] { plan.method = try reader.choice(node, "method") }
        if let node = fields["metric"] { plan.metric = try reader.choice(node, "metric") }
        if let node = fields["config"] { plan.base = try reader.settings(node, "config") }
        if let node = fields["parameters"] { plan.axes = try reader.axes(node, "parameters") }
        if let node = fields["variants"] { plan.variants = try reader.variants(node) }
        if let node = fields["seeds"] { plan.seeds = try reader.seeds(node) }
        if let node = fields["trials"] { plan.trialCount = try reader.integer(node, "trials") }
        if let node = fields["random_seed"] {
            plan.randomSeed = UInt64(bitPattern: Int64(try reader.integer(node, "random_seed")))
        }
        if let node = fields["first_epochs"] {
            plan.firstEpochs = try reader.integer(node, "first_epochs")
        }
        if let node = fields["factor"] { plan.factor = try reader.integer(node, "factor") }
        if let node = fields["parallel"] {
            plan.parallelTrials = try reader.integer(node, "parallel")
        }
        self.plan = plan
    }

    /// Takes nodes apart, with errors that name the file and the line.
    private struct Reader {
        let path: String

        func failure(_ node: Node?, _ reason: String) -> SweepError {
            .file(path: path, line: node?.mark?.line, reason: reason)
        }

        func mapping(
            _ node: Node?, _ what: String, allowed: [String]? = nil
        ) throws -> [String: Node] {
            Dictionary(
                try pairs(node, what, allowed: allowed), uniquingKeysWith: { first, _ in first })
        }

        func pairs(
            _ node: Node?, _ what: String, allowed: [String]? = nil
        ) throws -> [(String, Node)] {
            guard let mapping = node?.mapping else {
                throw failure(node, "\(what): expected lines of the form `key: value`")
            }
            return try mapping.map { key, value in
                let name = try text(key, "a key")
                if let allowed, !allowed.contains(name) {
                    throw failure(
                        key,
                        "unknown field \(name)"
                            + Suggestion.clause(
                                for: name, in: allowed,
                                next: "the fields are \(allowed.joined(separator: ", "))"))
                }
                return (name, value)
            }
        }

        func text(_ node: Node, _ what: String) throws -> String {
            guard let scalar = node.scalar else {
                throw failure(node, "\(what): expected one value")
            }
            return scalar.string
        }

        func integer(_ node: Node, _ what: String) throws -> Int {
            guard let value = Int(try text(node, what)) else {
                throw failure(node, "\(what): expected a whole number")
            }
            return value
        }

        func number(_ node: Node?, _ what: String) throws -> Double {
            guard let node, let value = Double(try text(node, what)), value.isFinite else {
                throw failure(node, "\(what): expected a number")
            }
            return value
        }

        func choice<Choice: RawRepresentable & CaseIterable>(
            _ node: Node, _ what: String
        ) throws -> Choice where Choice.RawValue == String {
            let name = try text(node, what)
            guard let choice = Choice(rawValue: name) else {
                throw failure(
                    node, RangeText.text(what, name, names: Choice.allCases.map(\.rawValue))
                )
            }
            return choice
        }

        func seeds(_ node: Node) throws -> [UInt64] {
            guard let list = node.sequence else { throw failure(node, "seeds: expected a list") }
            return try list.map {
                guard let seed = UInt64(try text($0, "seeds")) else {
                    throw failure($0, "seeds: expected whole numbers of at least 0")
                }
                return seed
            }
        }

        func settings(_ node: Node, _ what: String) throws -> [ConfigSetting] {
            try pairs(node, what).map { name, value in
                ConfigSetting(key: name, value: try raw(value, name), origin: origin(value))
            }
        }

        func variants(_ node: Node) throws -> [SweepVariant] {
            try pairs(node, "variants").map { name, value in
                SweepVariant(name: name, axes: try axes(value, "variants.\(name)"))
            }
        }

        /// A value, a list of values, or `{low: …, high: …, scale: log}`.
        func axes(_ node: Node, _ what: String) throws -> [ParameterAxis] {
            try pairs(node, what).map { name, value in
                guard ConfigSchema.key(named: name) != nil else {
                    let nearest = Suggestion.clause(for: name, in: ConfigSchema.keys.map(\.name))
                    throw failure(value, "\(what): \(name) is no configuration key\(nearest)")
                }
                return ParameterAxis(
                    key: name, values: try values(value, name), origin: origin(value))
            }
        }

        private func values(_ node: Node, _ name: String) throws -> ParameterAxis.Values {
            if node.mapping != nil { return try range(node, name) }
            guard let list = node.sequence, !isLayers(list, name) else {
                return .list([try raw(node, name)])
            }
            guard !list.isEmpty else { throw failure(node, "\(name): the list is empty") }
            return .list(try list.map { try raw($0, name) })
        }

        /// Whether a list is one network's layers, and not several networks.
        private func isLayers(_ list: Node.Sequence, _ name: String) -> Bool {
            name == NetworkConfig.kindKey.name
                && !list.contains { element in
                    element.sequence != nil
                        || element.scalar.flatMap { NetworkKind($0.string) } != nil
                }
        }

        private func range(_ node: Node, _ name: String) throws -> ParameterAxis.Values {
            let fields = try mapping(node, name, allowed: ["low", "high", "scale"])
            let low = try number(fields["low"], "\(name).low")
            let high = try number(fields["high"], "\(name).high")
            let scale = try fields["scale"].map { try text($0, "\(name).scale") } ?? "linear"
            guard low < high else { throw failure(node, "\(name): low must be less than high") }
            guard ["linear", "log"].contains(scale) else {
                throw failure(
                    node, RangeText.text("\(name).scale", scale, names: ["linear", "log"]))
            }
            guard scale == "linear" || low > 0 else {
                throw failure(node, "\(name): low must be above 0 on a log scale")
            }
            return .range(low: low, high: high, isLogarithmic: scale == "log")
        }

        private func raw(_ node: Node, _ name: String) throws -> RawConfigValue {
            if let layers = node.sequence, name == NetworkConfig.kindKey.name {
                do { return .quoted(try YAMLLayers.text(layers)) } catch {
                    throw SweepError.file(
                        path: path, line: error.line, reason: "network: \(error.problem)")
                }
            }
            guard let scalar = node.scalar else {
                throw failure(node, "\(name): expected one value")
            }
            return YAMLConfigFile.rawValue(scalar)
        }

        private func origin(_ node: Node) -> ConfigOrigin {
            .file(path: path, line: node.mark?.line ?? 1)
        }
    }
}
