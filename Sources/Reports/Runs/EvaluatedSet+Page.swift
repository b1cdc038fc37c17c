import Foundation

extension EvaluatedSet {
    /// - Parameter idPrefix: of the ids in the figures; unique in the page.
    func content(idPrefix: String) -> [HTML] {
        var content: [HTML] = []
        if !facts.isEmpty { content.append(.tiles(facts)) }
        let pictures = matrixAndReliability(idPrefix)
        if !pictures.isEmpty { content.append(sideBySide(pictures)) }
        if let perClass {
            let bars = HTML.figure(svg: perClass.svg, idPrefix: "\(idPrefix)-classes")
            // A long table would leave much space beside the bars.
            content.append(
                perClass.classes.count <= 16
                    ? sideBySide([bars, perClass.table])
                    : .tag("div", ["class": "stack"], [bars, perClass.table]))
        }
        // The matrix says so itself if nothing was wrong.
        if !mistakes.isEmpty { content += gallery }
        return content
    }

    private func matrixAndReliability(_ idPrefix: String) -> [HTML] {
        var pictures: [HTML] = []
        if let confusionMatrix {
            pictures.append(.figure(svg: confusionMatrix.svg, idPrefix: "\(idPrefix)-confusion"))
        }
        if let reliability {
            pictures.append(
                .figure(
                    svg: reliability.svg, idPrefix: "\(idPrefix)-reliability", isWide: false))
        }
        return pictures
    }

    private func sideBySide(_ parts: [HTML]) -> HTML {
        .tag("div", ["class": parts.count == 2 ? "columns uneven" : "columns"], parts)
    }

    // MARK: - Mistakes

    private var gallery: [HTML] {
        [
            .tag("h3", "Mistakes"), .note(galleryNote),
            .tag("ul", ["class": "gallery"], mistakes.map(\.card)),
        ]
    }

    /// `The 24 most confident of 63 mistakes, …`
    private var galleryNote: String {
        let all = confusionMatrix?.errorCount ?? mistakes.count
        let shown = NumberText.grouped(mistakes.count)
        let which =
            all > mistakes.count
            ? "\(shown) of \(NumberText.grouped(all)) mistakes"
            : mistakes.count == 1 ? "The only mistake" : "All \(shown) mistakes"
        return "\(which), the most confident first: the true class, what it was taken for, the "
            + "probability given to that, and the sample's place in the set."
    }
}

extension Mistake {
    fileprivate var card: HTML {
        let words = [
            HTML.tag("b", actual), .text(" taken for "), .tag("b", predicted),
            .tag("span", ["class": "label"], details),
        ]
        return .tag("li", ["class": "card"], [picture] + words)
    }

    private var details: String {
        "\(NumberText.optionalPercent(confidence)) · #\(index)"
    }

    private var picture: HTML {
        guard !png.isEmpty else { return .tag("span", ["class": "blank"], "no picture") }
        return .tag(
            "img",
            [
                "src": "data:image/png;base64," + Data(png).base64EncodedString(),
                "alt": "Sample \(index) of class \(actual)", "width": "84", "height": "84",
            ])
    }
}
