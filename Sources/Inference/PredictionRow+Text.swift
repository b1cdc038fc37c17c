import SafeText

/// A row as comma-separated values, quoted as RFC 4180 says; lines end in a line feed.
enum CSVRow {
    static func header(topK: Int) -> String {
        let ranks = (1...topK).map { "top\($0)_label,top\($0)_probability" }
        return
            "path,label,confidence,under_threshold,\(ranks.joined(separator: ",")),error,warnings"
    }

    static func line(_ row: PredictionRow, topK: Int, style: CSVField.Style) -> String {
        func text(_ value: String?) -> String { CSVField.text(value ?? "", style: style) }
        var fields = [
            text(row.path), text(row.label), row.confidence.map { "\($0)" } ?? "",
            row.error == nil ? "\(row.isUnderThreshold)" : "",
        ]
        for rank in 0..<topK {
            let entry = rank < row.topK.count ? row.topK[rank] : nil
            fields += [text(entry?.label), entry.map { "\($0.probability)" } ?? ""]
        }
        fields += [text(row.error), text(row.warnings.joined(separator: "; "))]
        return fields.joined(separator: ",")
    }
}

/// A row as one line of JSON; keys always in the same order.
enum JSONRow {
    static func line(_ row: PredictionRow) -> String {
        let ranked = row.topK.map {
            "{\"label\":\(quoted($0.label)),\"probability\":\($0.probability)}"
        }
        let members: [(String, String)] = [
            (OutputSchema.versionKey, "\(OutputSchema.version)"),
            ("path", quoted(row.path)),
            ("label", row.label.map(quoted) ?? "null"),
            ("confidence", row.confidence.map { "\($0)" } ?? "null"),
            ("under_threshold", row.error == nil ? "\(row.isUnderThreshold)" : "null"),
            ("top_k", "[" + ranked.joined(separator: ",") + "]"),
            ("used_as_is", row.preparation.map { "\($0.isUsedAsIs)" } ?? "null"),
            ("polarity", row.preparation?.polarity.map { quoted($0.rawValue) } ?? "null"),
            ("error", row.error.map(quoted) ?? "null"),
            ("warnings", "[" + row.warnings.map(quoted).joined(separator: ",") + "]"),
        ]
        return ("{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}")
            .escapingHiddenCharactersInJSON()
    }

    /// - Source: RFC 8259, section 7.
    private static func quoted(_ text: String) -> String {
        var output = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case "\0"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }
}
