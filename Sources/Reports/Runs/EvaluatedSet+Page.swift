import Foundation

extension EvaluatedSet {
    /// - Parameter idPrefix: of the ids in the figures; unique in the page.
    /// - Parameter opensFigures: whether figures are open at first, as those of the first set are:
    ///   they are what a page is opened for, and those of a second one make it twice as long.
    func content(idPrefix: String, opensFigures: Bool) -> [HTML] {
        var figures: [HTML] = []
        let pictures = matrixAndReliability(idPrefix)
        if !pictures.isEmpty { figures.append(sideBySide(pictures)) }
        if let perClass { figures.append(classScores(perClass, idPrefix)) }
        let tiles = facts.isEmpty ? [] : [HTML.tiles(facts)]
        // The matrix says so itself if nothing was wrong.
        let rest = figures + (mistakes.isEmpty ? [] : gallery)
        guard !opensFigures, !rest.isEmpty else { return tiles + rest }
        return tiles + [.details("Figures and scores by class", rest)]
    }

    private func matrixAndReliability(_ idPrefix: String) -> [HTML] {
        var pictures: [HTML] = []
        if let confusionMatrix {
            pictures.append(
                .figure(
                    svg: confusionMatrix.svg, narrow: confusionMatrix.narrowSVG,
                    idPrefix: "\(idPrefix)-confusion"))
        }
        if let reliability {
            pictures.append(
                .figure(
                    svg: reliability.svg, narrow: reliability.narrowSVG,
                    idPrefix: "\(idPrefix)-reliability"))
        }
        return pictures
    }

    private func classScores(_ perClass: PerClassBarsFigure, _ idPrefix: String) -> HTML {
        let bars = HTML.figure(
            svg: perClass.svg, narrow: perClass.narrowSVG, idPrefix: "\(idPrefix)-classes")
        // A long table would leave much space beside the bars.
        return perClass.classes.count <= 16
            ? sideBySide([bars, perClass.table])
            : .tag("div", ["class": "stack"], [bars, perClass.table])
    }

    private func sideBySide(_ parts: [HTML]) -> HTML {
        .tag("div", ["class": parts.count == 2 ? "columns uneven" : "columns"], parts)
    }

    // MARK: - Mistakes

    /// How many mistakes are shown at once; the others can be opened.
    private static let openMistakes = 12

    private var gallery: [HTML] {
        let open = mistakes.prefix(Self.openMistakes)
        let rest = mistakes.dropFirst(Self.openMistakes)
        let parts = [.tag("h3", "Mistakes"), .note(galleryNote), Self.cards(open)]
        guard !rest.isEmpty else { return parts }
        let summary = "\(NumberText.grouped(rest.count)) more"
        return parts + [.details(summary, [Self.cards(rest)])]
    }

    private static func cards(_ mistakes: ArraySlice<Mistake>) -> HTML {
        .tag("ul", ["class": "gallery"], mistakes.map(\.card))
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
