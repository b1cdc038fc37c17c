/// Rows in the order of their means, and which of them the best doesn't clearly beat.
struct Ranking {
    enum Standing { case best, withinOneError, behind, unranked }

    struct Place {
        let row: ComparedRun
        /// From 1; equal means share a rank. Nil without a finite mean.
        let rank: Int?
        let standing: Standing
    }

    let places: [Place]

    /// Rows without a finite mean come last, in their order.
    ///
    /// A row is within one error if its mean is no further from the best than the best's standard
    /// error (Breiman, Friedman, Olshen, Stone (1984): the one-standard-error rule).
    init(_ rows: [ComparedRun], by metric: ComparedMetric) {
        func mean(_ row: ComparedRun) -> Double? {
            row.score.flatMap { $0.mean.isFinite ? $0.mean : nil }
        }
        let sign = metric.isHigherBetter ? 1.0 : -1.0
        let ranked = rows.enumerated().compactMap { index, row in
            mean(row).map { (row: row, goodness: sign * $0, index: index) }
        }.sorted { $0.goodness != $1.goodness ? $0.goodness > $1.goodness : $0.index < $1.index }
        let best = ranked.first?.goodness ?? 0
        let error = ranked.first?.row.score?.standardError
        places =
            ranked.map { entry in
                let better = ranked.count { $0.goodness > entry.goodness }
                let isNear = error.map { best - entry.goodness <= $0 } ?? false
                let standing: Standing =
                    better == 0 ? .best : isNear ? .withinOneError : .behind
                return Place(row: entry.row, rank: better + 1, standing: standing)
            }
            + rows.filter { mean($0) == nil }.map {
                Place(row: $0, rank: nil, standing: .unranked)
            }
    }
}
