/// The straight edges at which a frame or a table ends and the sheet begins.
struct SheetEdges {
    /// An edge's distance from a side of the picture: at the side's middle, and a pixel along it.
    private struct Edge {
        let middle: Float
        let slope: Float
        let length: Int

        /// Pixels from the picture's side to the sheet.
        func depth(at along: Int) -> Float {
            middle + slope * (Float(along) - Float(length - 1) / 2)
        }
    }

    private let width: Int
    private let height: Int
    private let top: Edge?
    private let bottom: Edge?
    private let left: Edge?
    private let right: Edge?

    /// Nil unless what lies outside ends at straight edges on three sides or more.
    ///
    /// - Parameter isOutside: whether a pixel is like the picture's border.
    init?(_ plane: GrayPlane, isOutside: (_ x: Int, _ y: Int) -> Bool) {
        let (width, height) = (plane.width, plane.height)
        (self.width, self.height) = (width, height)
        top = Self.edge(width, height / 2) { isOutside($0, $1) }
        bottom = Self.edge(width, height / 2) { isOutside($0, height - 1 - $1) }
        left = Self.edge(height, width / 2) { isOutside($1, $0) }
        right = Self.edge(height, width / 2) { isOutside(width - 1 - $1, $0) }
        guard [top, bottom, left, right].count(where: { $0 != nil }) >= 3 else { return nil }
    }

    /// Blanks what is not on the sheet, and its blurred edge.
    func blankOutside(_ plane: inout GrayPlane) {
        for y in 0..<height {
            let (before, after) = (left?.depth(at: y), right?.depth(at: y))
            for x in 0..<width where isOutside(x, y, before, after) {
                plane.values[y * width + x] = 0
            }
        }
    }

    private func isOutside(_ x: Int, _ y: Int, _ before: Float?, _ after: Float?) -> Bool {
        isBeyond(before, Float(x)) || isBeyond(after, Float(width - 1 - x))
            || isBeyond(top?.depth(at: x), Float(y))
            || isBeyond(bottom?.depth(at: x), Float(height - 1 - y))
    }

    private func isBeyond(_ depth: Float?, _ place: Float) -> Bool {
        depth.map { $0 > 0.5 && place < $0 + 1.5 } ?? false
    }

    // MARK: - One side

    /// The line on which most of a side's places have their edge.
    private static func edge(
        _ length: Int, _ limit: Int, isOutside: (_ along: Int, _ depth: Int) -> Bool
    ) -> Edge? {
        let step = max(1, length / 64)
        let places = Array(stride(from: length / 5, to: length - length / 5, by: step))
        let depths = places.map { along in
            // Two pixels in a row: one may be noise.
            Float((0..<limit).first { !isOutside(along, $0) && !isOutside(along, $0 + 1) } ?? limit)
        }
        let half = depths.count / 2
        guard half >= 4 else { return nil }
        let (low, high) = (
            Array(depths[..<half]).quantile(0.5), Array(depths[half...]).quantile(0.5)
        )
        // In a small picture a digit's own side is as straight, but lies deeper than a frame is wide.
        let deepest = length < 40 ? Float(length) / 8 : 0.9 * Float(limit)
        guard max(low, high) < deepest else { return nil }
        let slope = (high - low) / Float(half * step)
        let middlePlace = Float(places[0] + places[places.count - 1]) / 2
        let edge = Edge(
            middle: (low + high) / 2 + slope * (Float(length - 1) / 2 - middlePlace), slope: slope,
            length: length)
        let tolerance = max(2, Float(length) / 50)
        let near = zip(places, depths).count { abs(edge.depth(at: $0) - $1) <= tolerance }
        return 10 * near >= 7 * depths.count ? edge : nil
    }
}
