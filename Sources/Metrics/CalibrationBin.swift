/// The samples whose confidence lies between two bounds: one bar of a reliability diagram.
public struct CalibrationBin: Equatable, Codable, Sendable {
    /// Bounds of the confidence; the lower one belongs to the bin.
    public let lower: Double
    public let upper: Double
    public internal(set) var count = 0
    /// Samples that were predicted rightly.
    public internal(set) var hitCount = 0
    /// Over the samples.
    public internal(set) var confidenceSum = 0.0

    init(lower: Double, upper: Double) {
        self.lower = lower
        self.upper = upper
    }

    /// Share of the samples that were predicted rightly; nil for an empty bin.
    public var accuracy: Double? { count > 0 ? Double(hitCount) / Double(count) : nil }
    /// Nil for an empty bin.
    public var meanConfidence: Double? { count > 0 ? confidenceSum / Double(count) : nil }

    enum CodingKeys: String, CodingKey {
        case lower, upper, count
        case hitCount = "hit_count"
        case confidenceSum = "confidence_sum"
    }
}
