/// Connected pieces of ink.
struct InkParts {
    struct Part {
        var left: Int
        var top: Int
        var right: Int
        var bottom: Int
        var mass: Float = 0
        /// Pixels on each of the picture's edges: top, bottom, left, right.
        var contacts = SIMD4<Int32>.zero

        var width: Int { right - left + 1 }
        var height: Int { bottom - top + 1 }
        var size: Int { max(width, height) }
        /// Pixels on the edge that it touches most.
        var edgeContact: Int { Int(contacts.max()) }

        /// Pixels of paper between two boxes, the longer way.
        func gap(to other: Part) -> Int {
            max(
                0, max(left, other.left) - min(right, other.right) - 1,
                max(top, other.top) - min(bottom, other.bottom) - 1)
        }
    }

    let width: Int
    let height: Int
    /// For each pixel its part's number from 1, or 0.
    private(set) var labels: [Int32]
    private(set) var parts: [Part] = []

    /// The 8-connected pixels of at least `low` that reach `high` somewhere.
    init(_ ink: GrayPlane, low: Float, high: Float) {
        (width, height) = (ink.width, ink.height)
        labels = [Int32](repeating: 0, count: ink.values.count)
        var stack = [Int]()
        for start in labels.indices where labels[start] == 0 && ink.values[start] >= high {
            parts.append(flood(ink, from: start, low: low, &stack))
        }
    }

    /// The side of the largest square that fits into a part: about its strokes' width.
    func thickness(of index: Int) -> Int {
        let part = parts[index]
        let columns = part.width + 1
        // Of each pixel the largest square that ends there, from its neighbours' above and before.
        var (above, most) = ([Int](repeating: 0, count: columns), 0)
        for y in part.top...part.bottom {
            var row = [Int](repeating: 0, count: columns)
            for x in part.left...part.right where labels[y * width + x] == Int32(index + 1) {
                let cell = x - part.left + 1
                row[cell] = 1 + min(row[cell - 1], above[cell], above[cell - 1])
                most = max(most, row[cell])
            }
            above = row
        }
        return most
    }

    private mutating func flood(
        _ ink: GrayPlane, from start: Int, low: Float, _ stack: inout [Int]
    ) -> Part {
        let number = Int32(parts.count + 1)
        var part = Part(left: width, top: height, right: -1, bottom: -1)
        stack.append(start)
        labels[start] = number
        while let place = stack.popLast() {
            let (x, y) = (place % width, place / width)
            add(x, y, ink.values[place], to: &part)
            for nextY in max(0, y - 1)...min(height - 1, y + 1) {
                for nextX in max(0, x - 1)...min(width - 1, x + 1) {
                    let next = nextY &* width &+ nextX
                    if labels[next] == 0 && ink.values[next] >= low {
                        labels[next] = number
                        stack.append(next)
                    }
                }
            }
        }
        return part
    }

    private func add(_ x: Int, _ y: Int, _ value: Float, to part: inout Part) {
        (part.left, part.right) = (min(part.left, x), max(part.right, x))
        (part.top, part.bottom) = (min(part.top, y), max(part.bottom, y))
        part.mass += value
        if y == 0 { part.contacts[0] += 1 }
        if y == height - 1 { part.contacts[1] += 1 }
        if x == 0 { part.contacts[2] += 1 }
        if x == width - 1 { part.contacts[3] += 1 }
    }
}
