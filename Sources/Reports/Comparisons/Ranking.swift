/// Rows in the order of their stages and means, and which of them the best doesn't clearly beat.
struct Ranking {
    enum Standing { case best, withinOneError, behind, unranked }

    struct Place {
        let row: ComparedRun
        /// From 1; those that nothing tells apart share a rank. Nil without a finite mean.
        let rank: Int?
        let standing: Standing
    }

    let places: [Place]

    /// Rows without a finite mean come last, in their order.
    ///
    /// A row is within one error if it is of the best's stage and its mean is no further from the best than the best's standard
    /// error (Breiman, Friedman, Olshen, Stone (1984): the one-standard-error rule).
    init(_ rows: [ComparedRun], by metric: ComparedMetric) {
        func mean(_ row: ComparedRun) -> Double? {
            row.score.flatMap { $0.mean.isFinite ? $0.mean : nil }
        }
        let sign = metric.isHigherBetter ? 1.0 : -1.0
        typealias Key = (stage: Int, goodness: Double, tieBreak: Double)
        let ranked = rows.enumerated().compactMap { index, row in
            mean(row).map { mean in
                (
                    row: row, index: index,
                    key: (row.stage, sign * mean, row.tieBreak ?? -.infinity) as Key
                )
            }
        }.sorted { $0.key != $1.key ? $0.key > $1.key : $0.index < $1.index }
        let best = ranked.first?.key
        let error = ranked.first?.row.score?.standardError
        places =
            ranked.map { entry in
                let better = ranked.count { $0.key > entry.key }
                let isNear =
                    best.flatMap { best in
                        error.map {
                            best.stage == entry.key.stage
                                && best.goodness - entry.key.goodness <= $0
                        }
                    } ?? false
                let standing: Standing =
                    better == 0 ? .best : isNear ? .withinOneError : .behind
                return Place(row: entry.row, rank: better + 1, standing: standing)
            }
            + rows.filter { mean($0) == nil }.map {
                Place(row: $0, rank: nil, standing: .unranked)
            }
    }
}
