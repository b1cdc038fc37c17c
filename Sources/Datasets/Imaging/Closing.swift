/// Grey-scale closing: fills what is lower than its surroundings and narrower than a square window,
/// and leaves the edges of all that is wider exactly where they are.
///
/// - Source: van Herk (1992), "A fast algorithm for local minimum and maximum filters on rectangular
///   and octagonal kernels"; Gil, Werman (1993): three comparisons a value, whatever the window.
struct Closing {
    private typealias Lanes = SIMD16<Int16>
    private static let laneCount = 16

    /// Rows of whole vectors.
    private struct Rows {
        let width: Int
        let height: Int
        var values: [Lanes]
        var stride: Int { (width + laneCount - 1) / laneCount }

        init(width: Int, height: Int) {
            self.width = width
            self.height = height
            values = [Lanes](
                repeating: .zero, count: (width + laneCount - 1) / laneCount * height)
        }
    }

    /// The closing of a picture by a square; windows end at the picture's border.
    ///
    /// - Parameter values: `[height, width]`, row-major.
    /// - Parameter radius: half of the square's side, of 2 · radius + 1 pixels.
    /// - Returns: `[height, width]`.
    static func closed(_ values: [Int16], width: Int, height: Int, radius: Int) -> [Int16] {
        var rows = Rows(width: width, height: height)
        for y in 0..<height {
            for x in 0..<width {
                rows.values[y &* rows.stride &+ x / laneCount][x % laneCount] =
                    values[y &* width &+ x]
            }
        }
        rows = spread(rows, radius: radius, isGreatest: true)
        rows = transposed(rows)
        rows = spread(rows, radius: radius, isGreatest: true)
        rows = spread(rows, radius: radius, isGreatest: false)
        rows = transposed(rows)
        rows = spread(rows, radius: radius, isGreatest: false)
        var output = [Int16](repeating: 0, count: values.count)
        for y in 0..<height {
            for x in 0..<width {
                output[y &* width &+ x] =
                    rows.values[y &* rows.stride &+ x / laneCount][x % laneCount]
            }
        }
        return output
    }

    /// The greatest or the least value within `radius` rows above and below.
    ///
    /// Rows are cut into blocks of the window's length. A window is the end of one block and the
    /// start of the next, so running extremes from both ends of each block say all.
    private static func spread(_ rows: Rows, radius: Int, isGreatest: Bool) -> Rows {
        isGreatest
            ? filtered(rows, radius: radius, beyond: .min) {
                $0.replacing(with: $1, where: $1 .> $0)
            }
            : filtered(rows, radius: radius, beyond: .max) {
                $0.replacing(with: $1, where: $1 .< $0)
            }
    }

    @inline(__always)
    private static func filtered(
        _ rows: Rows, radius: Int, beyond: Int16, _ pick: (Lanes, Lanes) -> Lanes
    ) -> Rows {
        let (stride, height, window) = (rows.stride, rows.height, 2 * radius + 1)
        let blocks = (height + 2 * radius + window - 1) / window
        // Running extremes downwards, then upwards, of the picture with `radius` rows around it.
        var forward = [Lanes](repeating: Lanes(repeating: beyond), count: blocks * window * stride)
        for place in rows.values.indices { forward[radius * stride &+ place] = rows.values[place] }
        var backward = forward
        for y in 1..<blocks * window where y % window != 0 {
            for place in y &* stride..<(y &+ 1) &* stride {
                forward[place] = pick(forward[place], forward[place &- stride])
            }
        }
        for y in Swift.stride(from: blocks * window - 2, through: 0, by: -1)
        where y % window != window - 1 {
            for place in y &* stride..<(y &+ 1) &* stride {
                backward[place] = pick(backward[place], backward[place &+ stride])
            }
        }
        var output = rows
        let last = 2 * radius * stride
        for place in 0..<height * stride {
            output.values[place] = pick(backward[place], forward[place &+ last])
        }
        return output
    }

    private static func transposed(_ rows: Rows) -> Rows {
        var output = Rows(width: rows.height, height: rows.width)
        for y in 0..<rows.height {
            let (vector, lane) = (y / laneCount, y % laneCount)
            for column in 0..<rows.stride {
                let values = rows.values[y &* rows.stride &+ column]
                let first = column &* laneCount
                for offset in 0..<min(laneCount, rows.width - first) {
                    output.values[(first &+ offset) &* output.stride &+ vector][lane] =
                        values[offset]
                }
            }
        }
        return output
    }
}
