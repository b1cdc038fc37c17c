/// Where a configuration stands among others, by the rule that everything which ranks trainings follows.
///
/// What decides, in this order: whether each of its trainings has a metric (a mean over those that
/// happened not to fail would flatter it); how far they got, since a metric after one epoch isn't one
/// after three; the metric; the other one of accuracy and loss. Equal in all of these share a rank.
struct RankKey: Comparable {
    private let stage: Int
    private let goodness: Double
    private let tieBreak: Double

    /// The stage of trainings that came to their end.
    static let end = Int.max
    private static let withFailures = Int.min

    /// - Parameters:
    ///   - stage: the rung or epoch that was reached, or `end`.
    ///   - hasFailures: whether a training of the configuration failed.
    /// - Returns: nil without a metric, which isn't ranked.
    init?(
        _ metric: SweepPlan.Metric, accuracy: Double?, loss: Double?, stage: Int, hasFailures: Bool
    ) {
        let loss = loss.map { -$0 }
        let (first, second) =
            metric == .validationAccuracy ? (accuracy, loss) : (loss, accuracy)
        guard let first, !first.isNaN else { return nil }
        goodness = first
        tieBreak = second.flatMap { $0.isNaN ? nil : $0 } ?? -.infinity
        self.stage = hasFailures ? Self.withFailures : stage
    }

    static func < (first: RankKey, second: RankKey) -> Bool {
        (first.stage, first.goodness, first.tieBreak)
            < (second.stage, second.goodness, second.tieBreak)
    }
}

extension Sequence {
    /// The best first; those without a key last, and equal ones in the order that they had.
    func ranked(by key: (Element) -> RankKey?) -> [Element] {
        enumerated().map { (offset: $0, element: $1, key: key($1)) }.sorted { first, second in
            switch (first.key, second.key) {
            case (let a?, let b?) where a != b: a > b
            case (_?, nil): true
            case (nil, _?): false
            default: first.offset < second.offset
            }
        }.map(\.element)
    }
}
