import ArgumentParser
import DigitPipeline
import Foundation
import Training

/// `tessera config`: the configuration in force, and a file to start from.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show the configuration in force, or print a file to start from.",
        discussion: """
            Values come from the recipe's defaults, then tessera.yaml, then TESSERA_… variables, \
            then flags; a later one overrides an earlier one.
            """,
        subcommands: [Show.self, Init.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every key with its value and where it was set.")

        @OptionGroup var options: ConfigOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let config = try options.effectiveConfig()
            if output.json { return try printJSON(["config": config.entries]) }
            try StandardOutput.lines(config.table(output.layout), output.layout)
        }
    }

    struct Init: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a tessera.yaml in which every key is explained.",
            discussion: "tessera config init > tessera.yaml")

        @Option(help: "The recipe whose defaults are shown: reference or fast.")
        var recipe: Recipe = .fast

        func run() throws { try StandardOutput.own(RunConfig.template(recipe: recipe)) }
    }
}

extension Recipe: ExpressibleByArgument {}

extension EffectiveConfig {
    /// Key, value and origin in columns.
    func table(_ layout: TextLayout) -> [String] {
        var table = TextTable(.text(""), .folding("", to: 10), .folding("", to: 14))
        for key in ConfigSchema.keys {
            table.add(
                key.name, key.value(in: config).description, origin(of: key.name).description)
        }
        return table.lines(layout)
    }

    /// A key's value and where it was set.
    struct Entry: Encodable {
        let value: JSONValue
        let origin: String
    }

    /// Every key's, by its name.
    var entries: [String: Entry] {
        Dictionary(
            uniqueKeysWithValues: ConfigSchema.keys.map { key in
                let text = key.value(in: config).description
                return (
                    key.name,
                    Entry(
                        value: JSONValue(configKey: key.name, text),
                        origin: origin(of: key.name).description)
                )
            })
    }
}
