/// Two groups of values: paper and ink.
///
/// - Source: Otsu (1979), "A Threshold Selection Method from Gray-Level Histograms".
enum Otsu {
    /// The threshold that leaves both groups as uniform as can be.
    ///
    /// - Returns: a value in (0, 255); values at or above it are the upper group.
    static func threshold(_ values: [Float]) -> Float { split(values).threshold }

    /// The threshold, and the share of the variance that lies between the groups: 0.64 for one
    /// group that is normally distributed, 1 for two of one value each.
    static func split(_ values: [Float]) -> (threshold: Float, separation: Double) {
        var histogram = [Int](repeating: 0, count: 256)
        for value in values { histogram[Int(min(255, max(0, value)))] &+= 1 }
        let total = Double(values.count)
        var (mass, squares) = (0.0, 0.0)
        for (level, count) in histogram.enumerated() {
            mass += Double(level * count)
            squares += Double(level * level * count)
        }
        var (lowerCount, lowerMass) = (0.0, 0.0)
        var best = (variance: -1.0, first: 1, last: 1)
        for level in 1..<256 {
            lowerCount += Double(histogram[level - 1])
            lowerMass += Double((level - 1) * histogram[level - 1])
            guard lowerCount > 0, lowerCount < total else { continue }
            let gap = lowerMass / lowerCount - (mass - lowerMass) / (total - lowerCount)
            let variance = lowerCount * (total - lowerCount) * gap * gap
            // An empty stretch of the histogram ties: its middle is taken.
            if variance > best.variance * (1 + 1e-12) {
                best = (variance, level, level)
            } else if variance >= best.variance * (1 - 1e-12) {
                best.last = level
            }
        }
        let whole = total * squares - mass * mass
        return (
            Float(best.first + best.last) / 2, whole > 0 ? max(0, best.variance) / whole : 0
        )
    }
}
