/// The parts that pages are put together from.
extension HTML {
    /// A figure on a card.
    ///
    /// - Parameter narrow: the figure as it is drawn for a phone's width. Without it the figure is
    ///   scrolled within its card where that is narrower, rather than shrunk beyond reading.
    static func figure(svg: String, narrow: String?, idPrefix: String) -> HTML {
        let picture = HTML.picture(svg: svg, idPrefix: idPrefix, isScrolled: narrow == nil)
        guard let narrow else {
            return .tag("figure", ["class": "card wide", "tabindex": "0"], [picture])
        }
        let small = HTML.picture(svg: narrow, idPrefix: "\(idPrefix)-narrow")
        return .tag(
            "figure", ["class": "card"],
            [
                .tag("div", ["class": "on-wide"], [picture]),
                .tag("div", ["class": "on-narrow"], [small]),
            ])
    }

    /// What can be opened and is closed at first.
    static func details(_ summary: String, _ content: [HTML]) -> HTML {
        .tag(
            "details", ["class": "card"],
            [.tag("summary", summary), .tag("div", ["class": "opened"], content)])
    }

    /// Labels and values, a line each.
    static func pairs(_ pairs: [(label: String, value: HTML)]) -> HTML {
        .tag(
            "dl", ["class": "pairs"],
            pairs.map { .tag("div", [.tag("dt", $0.label), .tag("dd", [$0.value])]) })
    }

    /// Headline figures side by side.
    static func tiles(_ facts: [Fact]) -> HTML {
        .tag(
            "dl", ["class": "tiles"],
            facts.map { .tag("div", [.tag("dt", $0.label), .tag("dd", $0.value)]) })
    }

    /// `label value · label value`
    static func inlineFacts(_ facts: [Fact]) -> HTML {
        .tag(
            "span", ["class": "facts"],
            facts.map {
                .tag(
                    "span",
                    [.tag("span", ["class": "label"], $0.label), .text(" "), .tag("b", $0.value)])
            })
    }

    static func badge(_ text: String, _ tone: Tone) -> HTML {
        .tag("span", ["class": "badge \(tone.rawValue)"], text)
    }

    /// What a badge says by its colour, besides its words.
    enum Tone: String { case good, bad, warning, plain }

    static func note(_ text: String) -> HTML { .tag("p", ["class": "note"], text) }
}

/// A table of a page.
struct Table {
    struct Column {
        let title: String
        /// Right-aligned, with digits of one width.
        var isNumber = false
        /// Its cells name their rows.
        var isHeader = false
        /// Its texts may be broken anywhere, as digests and paths must be.
        var isLong = false
        /// It only illustrates the others, and is left out where there is no room.
        var isAside = false
    }

    /// What becomes of a table where its columns don't fit side by side.
    enum Narrow {
        /// It stays, and is scrolled within its card if need be: few columns of numbers.
        case scrolls
        /// Each row becomes a block of labels and values.
        case stacks
    }

    let caption: String
    let columns: [Column]
    /// Cells by row, as many as there are columns.
    let rows: [[HTML]]
    /// Classes of the rows, by index; none where shorter.
    var rowClasses: [String] = []
    var narrow = Narrow.scrolls

    var html: HTML {
        let table = part(
            "table", "table",
            [
                .tag("caption", caption), part("thead", "rowgroup", [heading]),
                part("tbody", "rowgroup", body),
            ])
        return .tag(
            "div",
            [
                "class": narrow == .stacks ? "card table stacks" : "card table", "tabindex": "0",
                "role": "group", "aria-label": caption,
            ],
            [table])
    }

    /// An element of the table. Once it is no longer laid out as one, browsers forget what its parts
    /// are, so that those of stacked tables say it themselves.
    private func part(
        _ name: String, _ role: String, _ content: [HTML], className: String = "",
        scope: String? = nil, label: String? = nil
    ) -> HTML {
        let stacks = narrow == .stacks
        let attributes = [
            ("scope", scope), ("class", className), ("role", stacks ? role : nil),
            ("data-label", stacks ? label : nil),
        ].compactMap { name, value in value.map { (name, $0) } }
        return .tag(name, attributes: attributes, content)
    }

    private var heading: HTML {
        part(
            "tr", "row",
            columns.map {
                part(
                    "th", "columnheader", [.text($0.title)], className: className($0),
                    scope: "col")
            })
    }

    private var body: [HTML] {
        rows.enumerated().map { index, cells in
            let cells = zip(columns, cells).map { column, cell in
                column.isHeader
                    ? part("th", "rowheader", [cell], className: className(column), scope: "row")
                    : part(
                        "td", "cell", [narrow == .stacks ? .tag("span", [cell]) : cell],
                        className: className(column), label: column.title)
            }
            return part(
                "tr", "row", cells,
                className: index < rowClasses.count ? rowClasses[index] : "")
        }
    }

    private func className(_ column: Column) -> String {
        if column.isAside { return "aside" }
        return column.isNumber ? "number" : column.isLong ? "long" : ""
    }
}
