/// The sheet behind a digit: its brightness at each place, as a plane or a quadratic surface, so
/// that light from one side or a lamp is not taken for ink.
///
/// It is fitted by iterated weighted least squares in which places far from the present surface
/// count little, first through the border, which is mostly paper, then through all that isn't ink.
///
/// - Source: Holland, Welsch (1977), "Robust regression using iteratively reweighted
///   least-squares".
struct PaperModel {
    /// Brightness at x and y scaled to [−1, 1]: of 1, x, y, x², xy, y².
    private var coefficients: [Double]
    private let width: Int
    private let height: Int

    /// The surface through a sheet, and its edges where the picture's border shows something else:
    /// a frame, or a table on which a smaller sheet lies.
    static func fitted(to plane: GrayPlane) -> (paper: PaperModel, edges: SheetEdges?) {
        let all = Samples(plane, at: places(plane, side: 64))
        let border = Samples(plane, at: borderPlaces(plane))
        let outer = PaperModel(plane, through: border, judgedBy: all)
        // Wood and cloth vary more than paper.
        let spread = outer.deviations(border).quantile(0.5)
        let tolerance = min(60, max(20, 6 * spread))
        guard min(plane.width, plane.height) >= 20,
            let edges = SheetEdges(
                plane,
                isOutside: { abs(plane.values[$1 * plane.width + $0] - outer[$0, $1]) < tolerance })
        else { return (outer, nil) }
        let center = all.filtered { abs($0) <= 0.5 && abs($1) <= 0.5 }
        let inner = PaperModel(plane, through: center, judgedBy: all)
        let isSheet = inner.share(of: center, within: 20) > outer.share(of: center, within: 20)
        return isSheet ? (inner, edges) : (outer, nil)
    }

    /// Fits the surface to the places whose distance from the present one is small.
    mutating func refine(_ plane: GrayPlane, inkLimit: Float) {
        let all = Samples(plane, at: Self.places(plane, side: 64))
        let near = zip(all.items, deviations(all)).filter { $0.1 < inkLimit }.map(\.0)
        // A surface bent by a few places would be worse than the border's.
        guard near.count * 3 > all.items.count, near.count >= 60 else { return }
        let candidates = [3, 6].map { terms in
            var model = self
            for _ in 0..<2 { model.refit(Samples(items: near), terms: terms, limit: inkLimit) }
            return model
        }
        self = Self.simpler(candidates[0], candidates[1], judgedBy: all)
    }

    subscript(x: Int, y: Int) -> Float {
        let (u, v) = (Self.scaled(x, width), Self.scaled(y, height))
        let plane = coefficients[0] + coefficients[1] * u + coefficients[2] * v
        let bend = coefficients[3] * u * u + coefficients[4] * u * v + coefficients[5] * v * v
        return Float(plane + bend)
    }

    /// The picture minus the sheet; ink is below zero on light paper, above it on dark.
    func residual(_ plane: GrayPlane) -> GrayPlane {
        var output = plane
        let across = (0..<width).map { x in
            let u = Self.scaled(x, width)
            return (flat: Float(coefficients[1] * u + coefficients[3] * u * u), u: Float(u))
        }
        for y in 0..<height {
            let v = Self.scaled(y, height)
            let base = Float(coefficients[0] + coefficients[2] * v + coefficients[5] * v * v)
            let twist = Float(coefficients[4] * v)
            for x in 0..<width {
                output.values[y &* width &+ x] -= base + across[x].flat + twist * across[x].u
            }
        }
        return output
    }

    // MARK: - Fits

    /// Through those of the places that agree with each other.
    private init(_ plane: GrayPlane, through samples: Samples, judgedBy all: Samples) {
        let flat = PaperModel(plane, through: samples, terms: 3)
        // A border of fewer pixels is bent by a digit that touches it.
        guard min(plane.width, plane.height) >= 12 else {
            self = flat
            return
        }
        self = Self.simpler(flat, PaperModel(plane, through: samples, terms: 6), judgedBy: all)
    }

    private init(_ plane: GrayPlane, through samples: Samples, terms: Int) {
        width = plane.width
        height = plane.height
        coefficients = [Double(Self.mode(samples.items.map(\.value))), 0, 0, 0, 0, 0]
        for _ in 0..<4 { refit(samples, terms: 3) }
        if terms == 6 { for _ in 0..<4 { refit(samples, terms: 6) } }
    }

    /// The middle of the shortest interval that holds two fifths: with two levels of paper, one of
    /// them, where the median may lie at the edge of one.
    private static func mode(_ values: [Float]) -> Float {
        let sorted = values.sorted()
        let count = max(1, sorted.count * 2 / 5)
        let starts = 0...sorted.count - count
        let start = starts.min {
            sorted[$0 + count - 1] - sorted[$0] < sorted[$1 + count - 1] - sorted[$1]
        }!
        return sorted[start + count / 2]
    }

    /// The plane, unless the quadratic says clearly more of the picture: a hard shadow is no bend.
    private static func simpler(
        _ flat: PaperModel, _ bent: PaperModel, judgedBy all: Samples
    ) -> PaperModel {
        bent.share(of: all, within: 8) - flat.share(of: all, within: 8) > 0.12 ? bent : flat
    }

    /// The share of some places that are of the surface's brightness.
    private func share(of samples: Samples, within tolerance: Float) -> Float {
        let near = deviations(samples).count { $0 < tolerance }
        return Float(near) / Float(max(1, samples.items.count))
    }

    private func deviations(_ samples: Samples) -> [Float] {
        samples.items.map { item in
            let (u, v) = (item.u, item.v)
            let plane = coefficients[0] + coefficients[1] * u + coefficients[2] * v
            let bend = coefficients[3] * u * u + coefficients[4] * u * v + coefficients[5] * v * v
            return abs(Float(plane + bend) - item.value)
        }
    }

    /// One weighted fit.
    private mutating func refit(_ samples: Samples, terms: Int, limit: Float = .infinity) {
        let deviations = deviations(samples)
        // In steps of three medians, which the nearer third tells: half of a picture may lie in a
        // shadow.
        let scale = Double(min(limit, max(2, 5.2 * deviations.quantile(0.3))))
        var equations = NormalEquations(terms: terms)
        for (item, deviation) in zip(samples.items, deviations) {
            let ratio = Double(deviation) / scale
            // Beyond three scales it is something else, however much of it there is.
            let weight = ratio < 3 ? 1 / (1 + ratio * ratio * ratio * ratio) : 0
            equations.add(item.u, item.v, Double(item.value), weight: weight)
        }
        guard let solution = equations.solution() else { return }
        coefficients = solution + .init(repeating: 0, count: 6 - terms)
    }

    // MARK: - Places

    /// Brightness at some places, whose coordinates are scaled to [−1, 1].
    private struct Samples {
        let items: [(u: Double, v: Double, value: Float)]

        init(items: [(u: Double, v: Double, value: Float)]) { self.items = items }

        init(_ plane: GrayPlane, at places: [(x: Int, y: Int)]) {
            items = places.map { place in
                (
                    scaled(place.x, plane.width), scaled(place.y, plane.height),
                    plane.values[place.y * plane.width + place.x]
                )
            }
        }

        func filtered(_ isIncluded: (Double, Double) -> Bool) -> Samples {
            Samples(items: items.filter { isIncluded($0.u, $0.v) })
        }
    }

    /// About `side`² places on a grid: some thousand say all that six numbers need.
    private static func places(_ plane: GrayPlane, side: Int) -> [(x: Int, y: Int)] {
        let step = max(1, max(plane.width, plane.height) / side)
        return stride(from: 0, to: plane.height, by: step).flatMap { y in
            stride(from: 0, to: plane.width, by: step).map { (x: $0, y: y) }
        }
    }

    /// Places along the border, about 1,000 at most.
    private static func borderPlaces(_ plane: GrayPlane) -> [(x: Int, y: Int)] {
        var places = [(x: Int, y: Int)]()
        plane.forEachBorderPixel { x, y in places.append((x, y)) }
        let step = max(1, places.count / 1024)
        return stride(from: 0, to: places.count, by: step).map { places[$0] }
    }

    private static func scaled(_ place: Int, _ length: Int) -> Double {
        length > 1 ? 2 * Double(place) / Double(length - 1) - 1 : 0
    }
}

/// The normal equations of a weighted least-squares fit of a plane or a quadratic surface.
private struct NormalEquations {
    private let terms: Int
    /// `[terms, terms + 1]`; the last column is the right-hand side.
    private var matrix: [Double]

    /// - Parameter terms: 3 for a plane, 6 for a quadratic.
    init(terms: Int) {
        self.terms = terms
        matrix = [Double](repeating: 0, count: terms * (terms + 1))
    }

    mutating func add(_ u: Double, _ v: Double, _ value: Double, weight: Double) {
        let row = (1.0, u, v, u * u, u * v, v * v)
        addRow(0, row.0, row, value, weight)
        addRow(1, row.1, row, value, weight)
        addRow(2, row.2, row, value, weight)
        guard terms == 6 else { return }
        addRow(3, row.3, row, value, weight)
        addRow(4, row.4, row, value, weight)
        addRow(5, row.5, row, value, weight)
    }

    @inline(__always)
    private mutating func addRow(
        _ index: Int, _ factor: Double, _ row: (Double, Double, Double, Double, Double, Double),
        _ value: Double, _ weight: Double
    ) {
        let (start, scaled) = (index &* (terms &+ 1), weight * factor)
        matrix[start] += scaled * row.0
        matrix[start &+ 1] += scaled * row.1
        matrix[start &+ 2] += scaled * row.2
        if terms == 6 {
            matrix[start &+ 3] += scaled * row.3
            matrix[start &+ 4] += scaled * row.4
            matrix[start &+ 5] += scaled * row.5
        }
        matrix[start &+ terms] += scaled * value
    }

    /// By Gaussian elimination with pivoting; nil for a system that has no one answer.
    func solution() -> [Double]? {
        var rows = (0..<terms).map { Array(matrix[$0 * (terms + 1)..<($0 + 1) * (terms + 1)]) }
        for column in 0..<terms {
            let pivot = (column..<terms).max { abs(rows[$0][column]) < abs(rows[$1][column]) }!
            guard abs(rows[pivot][column]) > 1e-9 else { return nil }
            rows.swapAt(column, pivot)
            for row in 0..<terms where row != column {
                let factor = rows[row][column] / rows[column][column]
                for entry in column...terms { rows[row][entry] -= factor * rows[column][entry] }
            }
        }
        return (0..<terms).map { rows[$0][terms] / rows[$0][$0] }
    }
}
