import DigitPipeline
import Foundation
import Training

/// What the run store keeps as text, in its own types.
extension JSONValue {
    /// Config keys with values as texts, those in objects within included (`gate`), by the keys' types.
    var typedConfig: JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(
            members.reduce(into: [:]) { typed, member in
                typed[member.key] =
                    if let text = member.value.text {
                        JSONValue(configKey: member.key, text)
                    } else {
                        member.value.typedConfig
                    }
            })
    }

    /// The value of a key; text where the key isn't known, as one of another version.
    init(configKey key: String, _ text: String) {
        guard let value = ConfigSchema.storedValue(key, text),
            let typed = try? JSONValue(value, by: JSONEncoder())
        else {
            self = .text(text)
            return
        }
        self = key == NetworkConfig.kindKey.name ? typed.layers : typed
    }

    /// A list of layers as JSON; the text itself for a network's name.
    var layers: JSONValue { text?.hasPrefix("[") == true ? parsed : self }

    /// JSON within a text; the text itself where it is none.
    var parsed: JSONValue {
        guard let text, let value = try? JSONValue(parsing: Data(text.utf8)) else { return self }
        return value
    }

    /// A whole number within a text.
    var numeric: JSONValue { text.flatMap { Int64($0) }.map { .integer($0) } ?? self }

    /// A run with its config and the counts of its environment in their types.
    var typedRun: JSONValue {
        var run = self
        run.replace("config") { $0.typedConfig }
        run.replace("environment") { environment in
            var environment = environment
            for name in ["threads", "cores"] {
                environment.replace(name) { $0.numeric }
            }
            return environment
        }
        return run
    }

    /// An asset's content with its config, and what is JSON in its metadata.
    var typedMaterialization: JSONValue {
        var made = self
        made.replace("config") { $0.parsed.typedConfig }
        made.replace("metadata") { metadata in
            var metadata = metadata
            for name in [ModelFacts.plan.name, DeploymentFacts.incumbent.name] {
                metadata.replace(name) { $0.parsed }
            }
            return metadata
        }
        return made
    }

    /// Of a list of objects that have contents under these names.
    private func typedMaterializations(at names: [String]) -> JSONValue {
        mapElements { element in
            var element = element
            for name in names { element.replace(name) { $0.typedMaterialization } }
            return element
        }
    }

    /// Of a lineage: the content, and that of all it was made from.
    var typedLineage: JSONValue {
        var lineage = self
        lineage.replace("materialization") { $0.typedMaterialization }
        lineage.replace("inputs") { inputs in
            guard case .object(let members) = inputs else { return inputs }
            return .object(members.mapValues(\.typedLineage))
        }
        return lineage
    }

    /// A run with all that the store has of it.
    var typedDetails: JSONValue {
        var details = self
        details.replace("run") { $0.typedRun }
        details.replace("assets") { $0.typedMaterializations(at: ["materialization"]) }
        return details
    }

    /// Of a difference of two runs: values of config keys, and assets.
    var typedDifference: JSONValue {
        var difference = self
        difference.replace("config") { pairs in
            pairs.mapElements { pair in
                guard let name = pair["name"]?.text else { return pair }
                var pair = pair
                for side in ["first", "second"] {
                    pair.replace(side) { value in
                        value.text.map { JSONValue(configKey: name, $0) } ?? value
                    }
                }
                return pair
            }
        }
        difference.replace("assets") { $0.typedMaterializations(at: ["first", "second"]) }
        return difference
    }

    /// A row of a ranking: seeds and parameters.
    var typedRow: JSONValue {
        var row = self
        row.replace("seeds") {
            $0.mapElements { seed in
                seed.text.map { JSONValue(configKey: ModelConfig.seedKey.name, $0) } ?? seed
            }
        }
        row.replace("parameters") { $0.typedConfig }
        return row
    }
}
