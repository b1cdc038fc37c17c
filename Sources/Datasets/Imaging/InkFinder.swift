/// Finds which pixels are the digit's.
enum InkFinder {
    /// The threshold between two groups of values that leaves each as uniform as can be.
    ///
    /// - Returns: a value in (0, 255); values at or above it are the upper group.
    /// - Source: Otsu (1979), "A Threshold Selection Method from Gray-Level Histograms".
    static func otsuThreshold(_ values: [Float]) -> Float {
        var histogram = [Double](repeating: 0, count: 256)
        for value in values { histogram[Int(min(255, max(0, value)))] += 1 }
        let total = Double(values.count)
        let mass = histogram.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element }
        var (lowerCount, lowerMass) = (0.0, 0.0)
        var best = (variance: -1.0, first: 1, last: 1)
        for level in 1..<256 {
            lowerCount += histogram[level - 1]
            lowerMass += Double(level - 1) * histogram[level - 1]
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
        return Float(best.first + best.last) / 2
    }

    /// The digit's parts: connected pixels of at least `low` that reach `high` somewhere, but for
    /// specks (less than a twentieth of the largest part's ink).
    ///
    /// - Returns: for each pixel whether it is in a part that is kept.
    static func mask(_ ink: GrayPlane, low: Float, high: Float) -> [Bool] {
        var label = [Int32](repeating: 0, count: ink.values.count)
        var masses = [Float]()
        for start in label.indices where label[start] == 0 && ink.values[start] >= high {
            masses.append(flood(ink, from: start, low: low, as: Int32(masses.count + 1), &label))
        }
        let least = (masses.max() ?? 0) / 20
        return label.map { $0 > 0 && masses[Int($0) - 1] >= least }
    }

    /// Labels the 8-connected pixels of at least `low` around `start`; returns their ink.
    private static func flood(
        _ ink: GrayPlane, from start: Int, low: Float, as number: Int32, _ label: inout [Int32]
    ) -> Float {
        var stack = [start]
        var mass: Float = 0
        label[start] = number
        while let place = stack.popLast() {
            mass += ink.values[place]
            let (x, y) = (place % ink.width, place / ink.width)
            for nextY in max(0, y - 1)...min(ink.height - 1, y + 1) {
                for nextX in max(0, x - 1)...min(ink.width - 1, x + 1) {
                    let next = nextY * ink.width + nextX
                    if label[next] == 0 && ink.values[next] >= low {
                        label[next] = number
                        stack.append(next)
                    }
                }
            }
        }
        return mass
    }
}
