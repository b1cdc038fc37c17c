/// The sheet behind a digit: its brightness at each place, as a surface of low order, so that a
/// shadow or a lamp on one side is not taken for ink.
///
/// The first surface is a quadratic through the border, which is mostly paper; the second goes
/// through everything that the first does not call ink.
struct PaperModel {
    /// Brightness at x and y scaled to [−1, 1]: of 1, x, y, x², xy, y².
    private var coefficients: [Double]
    private let width: Int
    private let height: Int

    /// A surface through the border pixels that agree with each other: a plane, then a quadratic.
    init(borderOf plane: GrayPlane) {
        width = plane.width
        height = plane.height
        coefficients = [Double(plane.border.quantile(0.5)), 0, 0, 0, 0, 0]
        var samples = [(x: Int, y: Int)]()
        plane.forEachBorderPixel { x, y in samples.append((x, y)) }
        for _ in 0..<4 { refit(plane, samples, terms: 3) { $0 } }
        // A border of fewer pixels is bent by a digit that touches it.
        if min(width, height) >= 12 {
            for _ in 0..<4 { refit(plane, samples, terms: 6) { $0 } }
        }
    }

    /// Fits a quadratic to the pixels whose distance from the present surface is small.
    mutating func refine(_ plane: GrayPlane, inkLimit: Float) {
        // About 4,096 places say all that six numbers need.
        let step = max(1, max(width, height) / 64)
        var samples = [(x: Int, y: Int)]()
        for y in stride(from: 0, to: height, by: step) {
            for x in stride(from: 0, to: width, by: step)
            where abs(plane.values[y * width + x] - self[x, y]) < inkLimit {
                samples.append((x, y))
            }
        }
        // A surface bent by a few places would be worse than the border's.
        let places = ((width - 1) / step + 1) * ((height - 1) / step + 1)
        guard samples.count * 3 > places, samples.count >= 60 else { return }
        for _ in 0..<2 { refit(plane, samples, terms: 6) { min($0, Double(inkLimit)) } }
    }

    subscript(x: Int, y: Int) -> Float {
        let (u, v) = (u(x), v(y))
        let plane = coefficients[0] + coefficients[1] * u + coefficients[2] * v
        let bend = coefficients[3] * u * u + coefficients[4] * u * v + coefficients[5] * v * v
        return Float(plane + bend)
    }

    /// The picture minus the sheet; ink is below zero on light paper, above it on dark.
    func residual(_ plane: GrayPlane) -> GrayPlane {
        var output = plane
        for y in 0..<height {
            for x in 0..<width { output.values[y * width + x] -= self[x, y] }
        }
        return output
    }

    // MARK: - Least squares

    /// One weighted fit: places far from the present surface, by its own median deviation, count
    /// little.
    private mutating func refit(
        _ plane: GrayPlane, _ samples: [(x: Int, y: Int)], terms count: Int,
        limit: (Double) -> Double
    ) {
        let deviations = samples.map {
            abs(Double(plane.values[$0.y * width + $0.x] - self[$0.x, $0.y]))
        }
        let middle = Double(deviations.map(Float.init).quantile(0.5))
        let scale = limit(max(2, 3 * middle))
        var matrix = [[Double]](repeating: .init(repeating: 0, count: count + 1), count: count)
        for (place, deviation) in zip(samples, deviations) {
            let weight =
                1
                / (1 + (deviation / scale) * (deviation / scale) * (deviation / scale)
                    * (deviation / scale))
            let terms = Self.terms(u(place.x), v(place.y), count)
            let value = Double(plane.values[place.y * width + place.x])
            for row in 0..<count {
                for column in 0..<count {
                    matrix[row][column] += weight * terms[row] * terms[column]
                }
                matrix[row][count] += weight * terms[row] * value
            }
        }
        guard let solution = Self.solve(matrix) else { return }
        coefficients = solution + .init(repeating: 0, count: 6 - count)
    }

    /// Gaussian elimination with pivoting; nil for a system that has no one answer.
    private static func solve(_ system: [[Double]]) -> [Double]? {
        var matrix = system
        let count = matrix.count
        for column in 0..<count {
            let pivot = (column..<count).max { abs(matrix[$0][column]) < abs(matrix[$1][column]) }!
            guard abs(matrix[pivot][column]) > 1e-9 else { return nil }
            matrix.swapAt(column, pivot)
            for row in 0..<count where row != column {
                let factor = matrix[row][column] / matrix[column][column]
                for entry in column...count { matrix[row][entry] -= factor * matrix[column][entry] }
            }
        }
        return (0..<count).map { matrix[$0][count] / matrix[$0][$0] }
    }

    private static func terms(_ u: Double, _ v: Double, _ count: Int) -> [Double] {
        count == 3 ? [1, u, v] : [1, u, v, u * u, u * v, v * v]
    }

    private func u(_ x: Int) -> Double { width > 1 ? 2 * Double(x) / Double(width - 1) - 1 : 0 }
    private func v(_ y: Int) -> Double { height > 1 ? 2 * Double(y) / Double(height - 1) - 1 : 0 }
}
