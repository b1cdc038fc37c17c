/// A part of a run's configuration.
package struct ReportedConfigSection: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package let key: String
        package let value: String
        package let differsFromDefault: Bool

        package init(key: String, value: String, differsFromDefault: Bool = false) {
            self.key = key
            self.value = value
            self.differsFromDefault = differsFromDefault
        }
    }

    package let name: String
    package let entries: [Entry]

    package init(name: String, entries: [Entry]) {
        self.name = name
        self.entries = entries
    }

    // MARK: - Tables

    /// What differs from the defaults; all else, a table a section, can be opened. Sections without
    /// entries are left out.
    static func content(_ sections: [ReportedConfigSection]) -> [HTML] {
        let filled = sections.filter { !$0.entries.isEmpty }
        guard !filled.isEmpty else { return [] }
        let changed = filled.reduce(0) { $0 + $1.entries.count(where: \.differsFromDefault) }
        let note =
            switch changed {
            case 0: "All values are the defaults."
            case 1: "One value differs from its default."
            default: "\(changed) values differ from their defaults."
            }
        let count = filled.reduce(0) { $0 + $1.entries.count }
        let all = HTML.details(
            "All \(NumberText.grouped(count)) values",
            [.tag("div", ["class": "columns narrow"], filled.map(\.table))])
        guard changed > 0 else { return [.note(note), all] }
        return [.note(note), .tag("div", ["class": "stack"], [changes(filled), all])]
    }

    private static func changes(_ sections: [ReportedConfigSection]) -> HTML {
        let changed = sections.flatMap(\.entries).filter(\.differsFromDefault)
        return .tag(
            "div", ["class": "card"],
            [.pairs(changed.map { (label: $0.key, value: .tag("code", $0.value)) })])
    }

    private var table: HTML {
        Table(
            caption: name,
            columns: [.init(title: "Key", isHeader: true), .init(title: "Value", isLong: true)],
            rows: entries.map { [.tag("code", $0.key), $0.valueCell] }
        ).html
    }
}

extension ReportedConfigSection.Entry {
    fileprivate var valueCell: HTML {
        let code = HTML.tag("code", value)
        guard differsFromDefault else { return code }
        return .tag("span", ["class": "changed"], [code, .text(" "), .badge("changed", .warning)])
    }
}
