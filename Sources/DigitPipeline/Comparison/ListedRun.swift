import Orchestration
import RunFacts

/// A run as a list shows it, with what its model was found to do.
public struct ListedRun: Sendable {
    package let details: RunDetails
    /// The epoch whose weights its training kept; nil where nothing was trained.
    package let bestEpoch: TrainingEpoch?

    /// - Throws: `StoreError`.
    package init(_ run: StoredRun, in store: RunStore) throws {
        details = try store.details(of: run)
        bestEpoch = try TrainingCurve(of: run.id, in: store).best
    }

    /// The model's accuracy on each set: fractions, nil where it wasn't measured. Of a run that trained
    /// and evaluated nothing, as those of a sweep, there is the best epoch's on the validation set.
    public var accuracy: (validation: Double?, test: Double?) {
        (
            details[EvaluationFacts.validation.accuracy] ?? bestEpoch?.validationAccuracy,
            details[EvaluationFacts.test.accuracy]
        )
    }
}

/// The first of a sweep's ranking.
public struct SweepLeader: Sendable {
    public let sweep: String
    public let configurations: Int
    public let best: RunComparison.Row

    /// - Parameter runs: of the store, those of other sweeps included.
    /// - Returns: nil where no training of the sweep has a metric.
    /// - Throws: `StoreError`.
    package init?(of sweep: String, among runs: [StoredRun], in store: RunStore) throws {
        let own = runs.filter { $0.tags[SweepTags.sweep] == sweep }
        do {
            let comparison = try RunComparison(own, metric: .validationAccuracy, in: store)
            guard let first = comparison.rows.first, first.rank != nil else { return nil }
            self.sweep = sweep
            configurations = comparison.rows.count
            best = first
        } catch SweepError.noRuns { return nil }
    }
}
