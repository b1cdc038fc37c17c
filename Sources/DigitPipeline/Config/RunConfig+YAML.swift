import Training

extension RunConfig {
    /// The configuration as a `tessera.yaml` with every key and its documentation, which reads back
    /// as an equal value.
    public func yaml() -> String {
        Self.render(
            header: ["Tessera's configuration: every key with the value in force."],
            entry: { line(for: $0) })
    }

    /// A file to start from: the recipe is set, and every other key stands in a comment with its
    /// default, so that it follows the recipe until someone takes the `#` away.
    public static func template(recipe: Recipe = .fast) -> String {
        let defaults = RunConfig(recipe: recipe)
        return render(
            header: [
                "Tessera's configuration. Take the # from a line to change its value.",
                "TESSERA_… variables (TESSERA_EPOCHS=3) override this file, and flags (--epochs 3)",
                "override both; `tessera config show` prints what is in force and why.",
            ],
            entry: { key in
                let line = (key.effect == .defaults ? "" : "# ") + defaults.line(for: key)
                return key.name == NetworkConfig.kindKey.name ? line + "\n" + layersExample : line
            })
    }

    /// How layers are listed.
    private static let layersExample = """
        # network:                              # or its layers, as `tessera summary` shows them
        #   - conv2d: {name: conv1, channels: 16, kernel: 3, padding: 1}
        #   - relu
        #   - max_pool: {kernel: 2}
        #   - flatten
        #   - linear: {outputs: 10}
        """

    private static func render(
        header: [String], entry: (ConfigKey<RunConfig>) -> String
    ) -> String {
        var lines = header.map { "# " + $0 }
        for section in ConfigSchema.sections {
            lines += ["", "# --- \(section.title)"]
            lines += section.keys.map(entry)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(for key: ConfigKey<RunConfig>) -> String {
        if key.name == NetworkConfig.kindKey.name, case .layers(let layers) = model.network.kind {
            // JSON is YAML.
            return "\(key.name):  # \(key.documentation)\n"
                + layers.map { "  - \($0.json)" }.joined(separator: "\n")
        }
        let setting = "\(key.name): \(yamlScalar(key.value(in: self)))"
        let padding = String(repeating: " ", count: max(0, 36 - setting.count))
        return "\(setting)\(padding)  # \(key.documentation) (\(key.allowed))"
    }
}

/// `value` as a YAML scalar.
private func yamlScalar(_ value: ConfigValue) -> String {
    switch value {
    case .none: "null"
    case .text(let text): isPlainScalar(text) ? text : quotedScalar(text)
    case .integer, .number, .boolean: value.description
    }
}

/// Whether `text` needs no quotes: a plain word that no reader takes for anything but text. Paths
/// and all else are quoted.
private func isPlainScalar(_ text: String) -> Bool {
    let isWord = text.unicodeScalars.allSatisfy {
        ("a"..."z").contains($0) || ("A"..."Z").contains($0) || "_-".unicodeScalars.contains($0)
    }
    let words = ["true", "false", "yes", "no", "on", "off", "null", "none", "y", "n", "nan", "inf"]
    return isWord && !text.isEmpty && !text.hasPrefix("-") && !words.contains(text.lowercased())
}

/// `text` between double quotes, with YAML's escapes.
private func quotedScalar(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar -> String in
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\t": "\\t"
        case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
            "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        default: String(scalar)
        }
    }
    return "\"" + escaped.joined() + "\""
}
