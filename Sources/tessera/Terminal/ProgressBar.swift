import SafeText

/// One line of progress: words around a bar, fitted to a width.
struct ProgressBar: Sendable {
    /// What stands on the line. Where the width doesn't hold all, those with the highest `rank` go
    /// first.
    enum Piece: Sendable {
        case text(String, rank: Int)
        /// The bar takes what is left, from `minimumBarWidth` to `maximumBarWidth` columns; the
        /// percentage stands behind it.
        case bar(fraction: Double, rank: Int)

        fileprivate var rank: Int {
            switch self {
            case .text(_, let rank), .bar(_, let rank): rank
            }
        }

        fileprivate var minimumWidth: Int {
            switch self {
            case .text(let text, _): DisplayWidth.of(text.escapingHiddenCharacters())
            case .bar: ProgressBar.minimumBarWidth + ProgressBar.percentWidth
            }
        }
    }

    static let minimumBarWidth = 8
    static let maximumBarWidth = 32

    var pieces: [Piece]

    /// - Returns: at most `width` columns, colour codes not counted.
    func render(width: Int, unicode: Bool, color: Bool) -> String {
        let kept = fittingPieces(width: width)
        let spare = max(0, width - Self.minimumWidth(of: kept))
        let barWidth =
            Self.minimumBarWidth + min(spare, Self.maximumBarWidth - Self.minimumBarWidth)
        return kept.map { piece in
            switch piece {
            case .text(let text, _):
                DisplayWidth.prefix(text.escapingHiddenCharacters(), width)
            case .bar(let fraction, _):
                Self.bar(
                    Self.share(fraction), width: max(1, min(barWidth, width - Self.percentWidth)),
                    unicode: unicode, color: color)
                    + DisplayWidth.prefix(Self.percent(Self.share(fraction)), width - 1)
            }
        }.joined(separator: Self.gap)
    }

    private static let gap = "  "
    /// `  55 %`
    private static let percentWidth = 6

    private static func share(_ fraction: Double) -> Double {
        fraction.isNaN ? 0 : min(max(fraction, 0), 1)
    }

    /// Whole per cent, not 100 before the end.
    private static func percent(_ share: Double) -> String {
        String(Int((share * 100).rounded(.down))).paddedInFront(to: 4) + " %"
    }

    private static func minimumWidth(of pieces: [Piece]) -> Int {
        pieces.map(\.minimumWidth).reduce(0, +) + gap.count * max(0, pieces.count - 1)
    }

    private func fittingPieces(width: Int) -> [Piece] {
        var kept = pieces
        while kept.count > 1, Self.minimumWidth(of: kept) > width,
            let last = kept.indices.max(by: { kept[$0].rank < kept[$1].rank })
        {
            kept.remove(at: last)
        }
        return kept
    }

    private static func bar(
        _ share: Double, width: Int, unicode: Bool, color: Bool
    ) -> String {
        let filled = Int((share * Double(width)).rounded(.down))
        let done = String(repeating: unicode ? "━" : "#", count: filled)
        let open = String(repeating: unicode ? "─" : ".", count: width - filled)
        return color ? "\u{1B}[32m\(done)\u{1B}[2;39m\(open)\u{1B}[0m" : done + open
    }
}
