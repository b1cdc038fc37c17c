/// How one of several lines looks, so that readers tell it from the others.
struct LineStyle: Equatable {
    let color: Color
    var dashes: String? = nil
    var width = 2.0

    /// Lines that have a style of their own; the rest is grey.
    static let distinctCount = Palette.distinct.count

    /// The style of the line at `index`: the second half of the colours is dashed as well.
    static func distinct(_ index: Int) -> LineStyle {
        guard index < distinctCount else { return rest }
        return LineStyle(
            color: Palette.distinct[index], dashes: index < distinctCount / 2 ? nil : "7 4")
    }

    /// Of all lines beyond those with a style of their own.
    static let rest = LineStyle(color: Palette.restOfLines, width: 1)
}

extension Palette {
    /// Okabe and Ito's colours, which colour-blind readers tell apart; yellow is darkened and
    /// comes last, because it fades on white.
    /// - Source: Okabe, Ito (2008), "Color Universal Design".
    static let distinct = [
        Color(0x0072B2), Color(0xD55E00), Color(0x009E73), Color(0xCC79A7), Color(0x56B4E9),
        Color(0xE69F00), Color(0x000000), Color(0xA79B00),
    ]
    static let restOfLines = Color(0xB4BBC3)
}
