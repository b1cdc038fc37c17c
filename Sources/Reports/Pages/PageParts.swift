/// The parts that pages are put together from.
extension HTML {
    /// A figure on a card.
    ///
    /// - Parameter isWide: on a narrow screen it is scrolled rather than shrunk beyond reading.
    static func figure(svg: String, idPrefix: String, isWide: Bool = true) -> HTML {
        let picture = HTML.picture(svg: svg, idPrefix: idPrefix)
        guard isWide else { return .tag("figure", ["class": "card"], [picture]) }
        return .tag("figure", ["class": "card wide", "tabindex": "0"], [picture])
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
    }

    let caption: String
    let columns: [Column]
    /// Cells by row, as many as there are columns.
    let rows: [[HTML]]
    /// Classes of the rows, by index; none where shorter.
    var rowClasses: [String] = []

    var html: HTML {
        let table = HTML.tag(
            "table",
            [.tag("caption", caption), .tag("thead", [heading]), .tag("tbody", body)])
        return .tag(
            "div",
            ["class": "card table", "tabindex": "0", "role": "group", "aria-label": caption],
            [table])
    }

    private var heading: HTML {
        .tag(
            "tr",
            columns.map { .tag("th", ["scope": "col", "class": className($0)], $0.title) })
    }

    private var body: [HTML] {
        rows.enumerated().map { index, cells in
            let cells = zip(columns, cells).map { column, cell in
                column.isHeader
                    ? HTML.tag("th", ["scope": "row", "class": className(column)], [cell])
                    : HTML.tag("td", ["class": className(column)], [cell])
            }
            return .tag("tr", ["class": index < rowClasses.count ? rowClasses[index] : ""], cells)
        }
    }

    private func className(_ column: Column) -> String { column.isNumber ? "number" : "" }
}
