import ArgumentParser
import DigitPipeline

/// The manual page of the program, with every command: troff with the macros of man(7).
///
/// It depends on the program alone, so that the same program writes the same bytes anywhere.
struct ManualPage {
    private var lines: [String] = []

    init(_ command: any ParsableCommand.Type) throws {
        let root = try HelpDump(command).command
        heading(root)
        section("COMMANDS")
        for child in root.subcommands ?? [] { add(child, within: root.commandName) }
        addEnvironment()
        addFiles()
        addStatuses()
    }

    var text: String { lines.joined(separator: "\n") + "\n" }

    // MARK: - Parts

    private mutating func heading(_ root: HelpDump.Command) {
        let name = root.commandName
        lines.append(
            ".TH \(name.uppercased()) 1 \"\" \"\(name) \(TesseraVersion.current)\" \"User Commands\""
        )
        // Words as they are: paths and flags aren't hyphenated.
        lines.append(".nh")
        section("NAME")
        lines.append(Self.escaped("\(name) ") + "\\- " + Self.escaped(root.abstract ?? ""))
        section("SYNOPSIS")
        lines += [".B \(name)", "\\fICOMMAND\\fR [\\fIARGUMENT\\fR ...]"]
        section("DESCRIPTION")
        paragraphs(root.discussion ?? root.abstract ?? "")
        lines.append(".PP")
        lines.append(
            Self.escaped(
                "Each command explains itself with --help. Every command knows --version as well."))
    }

    /// A command that only groups others is left to them.
    private mutating func add(_ command: HelpDump.Command, within parent: String) {
        guard command.shouldDisplay ?? true, command.commandName != "help" else { return }
        let path = "\(parent) \(command.commandName)"
        let children = (command.subcommands ?? []).filter { $0.commandName != "help" }
        guard children.isEmpty else {
            for child in children { add(child, within: path) }
            return
        }
        lines.append(".SS \"\(Self.escaped(path))\"")
        let arguments = (command.arguments ?? []).filter(Self.isTold)
        lines.append("\\fB\(Self.escaped(path))\\fR" + Self.usage(arguments))
        lines.append(".PP")
        paragraphs(command.abstract ?? "")
        if let discussion = command.discussion, !discussion.isEmpty {
            lines.append(".PP")
            paragraphs(discussion)
        }
        for argument in arguments { add(argument) }
    }

    /// What all commands share is told once, in the description.
    private static func isTold(_ argument: HelpDump.Argument) -> Bool {
        let names = (argument.names ?? []).map(\.text)
        return argument.shouldDisplay ?? true
            && Set(names).isDisjoint(with: ["--help", "--version"])
    }

    private mutating func add(_ argument: HelpDump.Argument) {
        lines.append(".TP")
        let value = argument.valueName ?? "value"
        switch argument.kind {
        case .positional: lines.append("\\fI\(Self.escaped(value))\\fR")
        case .option, .flag:
            let names = (argument.names ?? []).map { "\\fB\(Self.escaped($0.text))\\fR" }
            let end = argument.kind == .option ? " \\fI\(Self.escaped(value))\\fR" : ""
            lines.append(names.joined(separator: ", ") + end)
        }
        let preset = argument.defaultValue.map { $0.isEmpty ? "" : " (default: \($0))" } ?? ""
        lines.append(Self.line((argument.abstract ?? "") + preset))
    }

    /// ` [OPTIONS] <model>`: flags are too many to be listed here.
    private static func usage(_ arguments: [HelpDump.Argument]) -> String {
        let options = arguments.contains { $0.kind != .positional } ? " [\\fIOPTIONS\\fR]" : ""
        let names = arguments.filter { $0.kind == .positional }.map { argument in
            let name =
                "\\fI\(escaped(argument.valueName ?? "value"))\\fR"
                + (argument.isRepeating == true ? " ..." : "")
            return argument.isOptional == true ? " [\(name)]" : " \(name)"
        }
        return options + names.joined()
    }

    private mutating func addEnvironment() {
        section("ENVIRONMENT")
        for (name, meaning) in ManualFacts.variables { item(name, meaning) }
    }

    private mutating func addFiles() {
        section("FILES")
        for (path, meaning) in ManualFacts.files { item(path, meaning) }
    }

    private mutating func addStatuses() {
        section("EXIT STATUS")
        for status in ExitStatus.allCases { item("\(status.rawValue)", status.meaning) }
    }

    // MARK: - Troff

    private mutating func section(_ title: String) { lines.append(".SH \(title)") }

    private mutating func item(_ name: String, _ meaning: String) {
        lines += [".TP", "\\fB\(Self.escaped(name))\\fR", Self.line(meaning)]
    }

    /// Paragraphs are set apart by empty lines; lines that are indented stay as they are.
    private mutating func paragraphs(_ text: String) {
        var isExample = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let indented = line.hasPrefix("    ")
            if indented != isExample, !line.isEmpty {
                lines.append(indented ? ".nf" : ".fi")
                isExample = indented
            }
            lines.append(line.isEmpty ? ".PP" : Self.line(String(line)))
        }
        if isExample { lines.append(".fi") }
    }

    /// A line of text, which isn't taken for a macro.
    private static func line(_ text: String) -> String {
        let text = escaped(text.replacing("\n", with: " "))
        return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
    }

    /// A hyphen that is typed, not one that is set, a backslash as it is, and what isn't ASCII by its
    /// number, which every troff reads.
    static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "\"": result += "\\(dq"
            case "\u{80}"...:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result +=
                    "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
