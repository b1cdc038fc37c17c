import Foundation

/// What a run is, as tables to be read.
extension Tensorboard_Event {
    static func descriptions(of run: ExportedRun) throws -> [Self] {
        [
            text(table(facts(of: run)), tag: "tessera/run", at: run.startedAt),
            text(table(run.parameters.sorted()), tag: "tessera/parameters", at: run.startedAt),
            try sessionStart(of: run),
        ]
    }

    private static func facts(of run: ExportedRun) -> [(String, String)] {
        let finished = run.finishedAt.map { $0.formatted(.iso8601) }
        return [
            ("run", run.id), ("name", run.name), ("experiment", run.experiment),
            ("status", run.status.rawValue), ("started", run.startedAt.formatted(.iso8601)),
            ("finished", finished ?? "not yet"),
        ] + run.tags.sorted().map { ("tag \($0.0)", $0.1) }
    }

    private static func table(_ rows: [(String, String)]) -> String {
        let lines = rows.map { "| \(escaped($0.0)) | \(escaped($0.1)) |" }
        return (["| key | value |", "|---|---|"] + lines).joined(separator: "\n")
    }

    /// `text` as Markdown shows it unchanged in one cell of a table.
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "\\", "`", "*", "_", "[", "]", "|": "\\\(scalar)"
            case "<": "&lt;"
            case "&": "&amp;"
            case "\n", "\r", "\u{2028}", "\u{2029}", "\u{B}", "\u{C}", "\u{85}": " "
            default: String(scalar)
            }
        }.joined()
    }
}

extension [String: String] {
    /// By the keys' bytes, which is the same order everywhere.
    func sorted() -> [(String, String)] {
        sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
    }
}
