import ArgumentParser

/// `tessera schema`: what `--json` prints.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of what a command prints with --json.",
        discussion: """
            Without a name, each command with its schema's name. Every answer is one object (predict: an \
            object a line) with schema_version; an error is {"error": {"status", "message", "hint"}}, \
            with the same exit status.
            """)

    @Argument(help: "A schema's name.") var name: String?

    func validate() throws {
        guard let name, !SchemaCatalog.names.contains(name) else { return }
        throw ValidationError(
            "\(name): no such schema; give one of \(SchemaCatalog.names.joined(separator: ", ")).")
    }

    func run() throws {
        if let name, let schema = try SchemaCatalog.schema(name) {
            return try StandardOutput.json(schema.data(isPretty: true))
        }
        let width = SchemaCatalog.commands.keys.map(\.count).max() ?? 0
        try StandardOutput.lines(
            SchemaCatalog.commands.sorted { $0.key < $1.key }.map {
                "\($0.key.padded(to: width))  \($0.value)"
            } + ["\("errors".padded(to: width))  error"])
    }
}
