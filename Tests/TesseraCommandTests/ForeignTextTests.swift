import Foundation
import FoundationXML
import Orchestration
import SafeText
import TestSupport
import Testing

@testable import tessera

/// What comes from outside can't move the cursor, add a line, or be a formula.
@Suite struct ForeignTextTests {
    /// Turns red, goes up a line, turns writing around, and adds a line that looks like the program's.
    static let hostile = "x\u{1b}[31m\u{9b}1A\u{202e}y\u{7f}\u{2028}z\u{7}"

    @Test func nothingForeignReachesTheTerminalRaw() throws {
        try Workspace.within { workspace in
            // A line separator ends a name in that file.
            let name = Self.hostile.replacing("\u{2028}", with: "\u{2066}")
            let names = (0..<10).map { "\(name)\($0)" }.joined(separator: "\n")
            try Data(names.utf8).write(
                to: workspace.digits.url.appendingPathComponent("classes.txt"))
            let fake = "\(Self.hostile)\nforged line"
            let run = try workspace.run(
                ["run"] + workspace.flags + ["--tag", "purpose=\(fake)", "--strategy", "manual"]
                    + ["--reason", fake, "--approver", "\(fake)2"])
            #expect(run.status == 0, "\(run.errors)")
            try check(run, "run")
            let bad = workspace.folder.appendingPathComponent("pictures/\(fake).png")
            try FileManager.default.createDirectory(
                at: bad.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("none".utf8).write(to: bad)
            _ = try workspace.run("run", ["--tag", "purpose=\(fake)"])
            let calls: [[String]] = [
                ["runs"], ["runs", "list", "--json"], ["runs", "show"], ["runs", "show", "--json"],
                ["runs", "events"], ["runs", "events", "--json"], ["runs", "lineage"],
                ["runs", "lineage", "--json"], ["runs", "diff", "latest", "latest"], ["compare"],
                ["models", "list"], ["models", "show"], ["models", "history"],
                ["models", "history", "--json"],
                ["prepare", "--dataset", workspace.digits.dataset],
                ["prepare", "--dataset", workspace.digits.dataset, "--json"],
                ["evaluate", "--dataset", workspace.digits.dataset],
                ["evaluate", "--dataset", workspace.digits.dataset, "--json"],
                ["predict", "digits", "--output", "p.csv"], ["predict", "pictures", "--json"],
                ["runs", "show", fake], ["deploy", fake], ["evaluate", "--model", fake],
                ["runs", "list", "--limit", fake], ["run", fake], ["run", "--no\(fake)"],
                ["run", "--epochs=\(fake)"], ["sweep", "--config", fake],
                ["run", "--config", fake],
                ["report", "-o", "\(fake).html"], ["runs", "export", "latest", "--mlflow", fake],
                ["runs", "lineage", "--asset", fake], ["prepare", "--dataset", fake],
                ["prepare", "--data-dir", fake], ["config", "show", "--data-dir", fake],
            ]
            for call in calls { try check(workspace.run(call), call.joined(separator: " ")) }
            try checkPages(workspace)
        }
    }

    /// Pages and pictures are well-formed, and show what is hidden.
    private func checkPages(_ workspace: Workspace) throws {
        #expect(try workspace.run(["report", "-o", "page.html"]).status == 0)
        #expect(try workspace.run(["compare", "--html", "compare.html"]).status == 0)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: workspace.folder.path)
            .filter { $0.hasSuffix(".html") || $0.hasSuffix(".svg") }
        #expect(paths.contains { $0.contains("confusion-matrix") } && paths.contains("page.html"))
        for path in paths {
            let data = try Data(contentsOf: workspace.folder.appendingPathComponent(path))
            #expect(XMLParser(data: data).parse(), "\(path)")
            let hidden = String(decoding: data, as: UTF8.self).unicodeScalars.filter {
                $0 != "\n" && String($0).escapingHiddenCharacters() != String($0)
            }
            #expect(hidden.isEmpty, "\(path)")
        }
    }

    private func check(_ result: ProgramResult, _ call: String) throws {
        for text in [result.output, result.errors] {
            let hidden = text.unicodeScalars.filter {
                $0 != "\n" && String($0).escapingHiddenCharacters() != String($0)
            }
            #expect(hidden.isEmpty, "\(call): \(text.debugDescription)")
            let lines = text.split(separator: "\n")
            #expect(!lines.contains { $0.hasPrefix("forged") }, "\(call): \(text)")
        }
    }

    /// The library that connects repeats a proxy's address that it can't read.
    @Test func noErrorRepeatsAProxysPassword() throws {
        try Workspace.within { workspace in
            _ = try workspace.run()
            for proxy in ["http://u:geh/eim@h:1", "http://u:geh eim@h", "socks9://u:geheim@h"] {
                let result = try workspace.run(
                    ["runs", "export", "latest", "--mlflow", "http://example.invalid"],
                    environment: ["http_proxy": proxy])
                #expect(result.status == 2 && result.errors.contains("roxy"), "\(result)")
                #expect(!result.errors.contains("eim"), "\(result)")
            }
        }
    }

    /// An address in a place where none belongs loses its password as well.
    @Test(arguments: [
        "http://u:geh/eim@host/x", "https://u:geh eim@host", "https://u:1/geh@eim@host",
    ])
    func noErrorRepeatsAPassword(_ address: String) throws {
        try Workspace.within { workspace in
            _ = try workspace.run()
            let calls: [[String]] = [
                ["runs", "show", address], ["run", address], ["run", "--dataset", address],
                ["predict", address, "--output", "p.csv"], ["deploy", address],
                ["runs", "export", "latest", "--mlflow", address],
                ["run", "--home=\(address)", "x"],
                ["runs", "export", "latest", "--mlflow", String(address.dropFirst(8))],
                ["evaluate", "--model", address], ["run", "--config", address],
                ["run", "--epochs", address], ["sweep", "--config", address],
                ["runs", "--limit", address],
            ]
            for call in calls {
                let result = try workspace.run(call)
                let text = result.errors + result.output
                #expect(result.status != 0 && !text.contains("geh"), "\(call): \(text)")
                #expect(!text.contains("eim"), "\(call): \(text)")
            }
        }
    }

    /// CSV is data in a pipe, and text on a terminal.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/script")))
    func csvOnATerminalShowsItsControlCharacters() throws {
        try Workspace.within { workspace in
            _ = try workspace.run()
            let name = "\(Self.hostile)\nforged.png"
            let piped = try workspace.run(["predict", name])
            #expect(piped.status == 4 && piped.output.contains(name), "\(piped)")
            try Data(name.utf8).write(to: workspace.folder.appendingPathComponent("name"))
            for (flags, isRaw) in [("", false), ("--raw", true)] {
                let shown = try runProgram(
                    URL(fileURLWithPath: "/usr/bin/script"),
                    [
                        "-qec",
                        "\"\(programURL.path)\" predict \(flags) \"$(cat name)\" 2>/dev/null",
                        "/dev/null",
                    ], in: workspace.folder)
                #expect(shown.status == 4, "\(shown)")
                #expect(shown.output.contains("\\nforged") != isRaw, "\(shown)")
                #expect(shown.output.contains("\u{1b}[31m") == isRaw, "\(shown)")
            }
        }
    }

    @Test func labelsThatAreFormulasAreNeutralized() throws {
        try Workspace.within { workspace in
            let names = ["=1+1", "+1", "-1", "@x", "'=a", "b c", "'c", "d,e", "\"f\"", "g"]
            try Data(names.joined(separator: "\n").utf8).write(
                to: workspace.digits.url.appendingPathComponent("classes.txt"))
            let run = try workspace.run("run")
            let data = ["--dataset", workspace.digits.dataset]
            for raw in [false, true] {
                let flags = raw ? ["--raw"] : []
                _ = try workspace.run(["evaluate", "--predictions", "e.csv"] + data + flags)
                let labels = try rows(of: workspace.folder.appendingPathComponent("e.csv"))
                    .map { [$0[1], $0[2]] }
                try check(labels.flatMap { $0 }, names, isRaw: raw)
                #expect(Set(labels.map { raw ? $0[0] : CSVField.original($0[0]) }) == Set(names))

                let result = try workspace.run(["predict", "digits"] + flags)
                let output = workspace.folder.appendingPathComponent("p.csv")
                try Data(result.output.utf8).write(to: output)
                let predicted = try rows(of: output).map { $0[1] }.filter { !$0.isEmpty }
                try check(predicted, names, isRaw: raw)
            }
            let stored = try rows(of: workspace.artifact(#require(run.artifacts["predictions"])))
            try check(stored.map { $0[1] }, names, isRaw: false)
        }
    }

    private func check(_ labels: [String], _ names: [String], isRaw: Bool) throws {
        #expect(!labels.isEmpty)
        for label in labels {
            let original = isRaw ? label : CSVField.original(label)
            #expect(names.contains(original), "\(label)")
            let sign = label.drop { $0 == " " }.first
            #expect(isRaw || !"=+-@".contains(sign ?? "x"), "\(label)")
        }
    }

    /// The fields of the rows below the header, by RFC 4180; no field here has a line break.
    private func rows(of file: URL) throws -> [[String]] {
        let text = try String(contentsOf: file, encoding: .utf8)
        return text.split(separator: "\n").dropFirst().map { line in
            var fields = [""]
            var isQuoted = false
            for character in line {
                if character == "\"" { isQuoted.toggle() }
                if character == ",", !isQuoted {
                    fields.append("")
                } else {
                    fields[fields.count - 1].append(character)
                }
            }
            return fields.map { field in
                field.hasPrefix("\"")
                    ? String(field.dropFirst().dropLast()).replacing("\"\"", with: "\"") : field
            }
        }
    }
}
