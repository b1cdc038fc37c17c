import Foundation
import Orchestration

/// A value of metadata as people read it: what is JSON as names with their values, and, where lines are
/// fitted to a terminal, as much of a digest as tells it.
func readable(_ text: String, _ layout: TextLayout) -> String {
    if let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] {
        return flattened(object, "").map { "\($0) \(readable($1, layout))" }
            .joined(separator: ", ")
    }
    let isDigest = text.count == 64 && text.allSatisfy(\.isHexDigit)
    return isDigest && layout.width != nil ? String(text.prefix(12)) : text
}

/// `gate.accuracy_threshold 0.9`
private func flattened(_ object: [String: Any], _ path: String) -> [(String, String)] {
    object.sorted { $0.key < $1.key }.flatMap { key, value in
        (value as? [String: Any]).map { flattened($0, "\(path)\(key).") }
            ?? [("\(path)\(key)", "\(value)")]
    }
}

extension Lineage {
    /// The asset, then what it was made from, each indented below what is made from it.
    func lines(_ layout: TextLayout) -> [String] {
        var told: Set<Int64> = []
        return lines(layout, indent: "", &told)
    }

    private func lines(
        _ layout: TextLayout, indent: String, _ told: inout Set<Int64>
    ) -> [String] {
        let made = materialization
        guard told.insert(made.id).inserted else { return ["\(indent)\(made.asset)  as above"] }
        var lines = [
            "\(indent)\(made.asset)  version \(made.version.short)  artifact "
                + "\(made.artifact.prefix(12))",
            "\(indent)    built by \(made.run.map { "run \($0)" } ?? "a deleted run"), "
                + made.at.formatted(.iso8601),
        ]
        lines += made.metadata.sorted { $0.key < $1.key }.map {
            "\(indent)    \($0.key): \(readable($0.value.text, layout))"
        }
        if made.config != "{}" {
            lines.append("\(indent)    config: \(readable(made.config, layout))")
        }
        for (_, input) in inputs.sorted(by: { $0.key < $1.key }) {
            lines += input.lines(layout, indent: indent + "    ", &told)
        }
        return lines
    }
}
