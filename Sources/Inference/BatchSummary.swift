/// What a run of `BatchScorer` did.
public struct BatchSummary: Sendable, Equatable, Codable {
    /// Pictures with a label.
    public internal(set) var scored = 0
    /// Rows with an error.
    public internal(set) var failed = 0
    /// Entries of folders that are not pictures by their extension, and hidden ones.
    public internal(set) var skipped = 0
    /// Scored pictures whose confidence is below the threshold.
    public internal(set) var underThreshold = 0
    /// Scored pictures that needed no preparation, and those whose dark and light were exchanged.
    public internal(set) var usedAsIs = 0
    public internal(set) var inverted = 0
    /// Scored pictures by label; every class has an entry.
    public internal(set) var countsByLabel: [String: Int]
    public internal(set) var elapsedSeconds = 0.0

    init(classNames: [String]) {
        countsByLabel = Dictionary(classNames.map { ($0, 0) }) { first, _ in first }
    }

    /// Rows of either kind a second.
    public var imagesPerSecond: Double {
        elapsedSeconds > 0 ? Double(scored + failed) / elapsedSeconds : 0
    }

    mutating func count(_ row: PredictionRow) {
        guard let label = row.label, let preparation = row.preparation else {
            failed += 1
            return
        }
        scored += 1
        countsByLabel[label, default: 0] += 1
        if row.isUnderThreshold { underThreshold += 1 }
        if preparation.isUsedAsIs { usedAsIs += 1 }
        if preparation.polarity == .darkOnLight { inverted += 1 }
    }
}
