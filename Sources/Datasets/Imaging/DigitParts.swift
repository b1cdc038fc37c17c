/// The parts of a picture's ink that make up one digit.
struct DigitParts {
    private let all: InkParts
    private let isDigit: [Bool]

    /// Nil if no part looks like a digit's.
    ///
    /// - Parameter lines: what was taken out; its remains are no digits.
    init?(_ all: InkParts, lines: (level: [RuledLine], upright: [RuledLine])) {
        self.all = all
        let most = all.parts.map(\.mass).max() ?? 0
        let candidates = all.parts.indices.filter {
            all.parts[$0].mass >= most / 400 && !Self.isFromOutside(all, $0)
                && !Self.crossesThePicture(all, $0)
                && !Self.isOfALine(all.parts[$0], lines)
        }
        guard let main = candidates.max(by: { all.parts[$0].mass < all.parts[$1].mass }),
            Self.isStroke(all, main)
        else { return nil }
        let digit = all.parts[main]
        // A five's bar lies beside it; dust is small, a page number far off, and a punched hole a dot.
        let kept = candidates.filter {
            let (part, gap) = (all.parts[$0], all.parts[$0].gap(to: digit))
            return part.mass >= digit.mass / 20 && gap * 10 <= digit.size * 3
                && (gap * 12 <= digit.size || !Self.isDot(all, $0))
        }
        func mass(_ parts: [Int]) -> Float { parts.reduce(0) { $0 + all.parts[$1].mass } }
        // Where there is more elsewhere, it is a texture or a text.
        guard mass(kept) >= 0.3 * mass(candidates) else { return nil }
        isDigit = all.parts.indices.map(Set(kept).contains)
    }

    // MARK: - Which parts

    /// Whether a part comes in over the picture's edge and isn't a stroke: a finger, a corner of a
    /// table, what is left of a frame.
    private static func isFromOutside(_ all: InkParts, _ index: Int) -> Bool {
        let part = all.parts[index]
        // A stroke that leaves the picture does so across the edge, these lie along it.
        guard part.edgeContact > 0, part.edgeContact * 10 >= part.size * 4 else { return false }
        let shorter = min(part.width, part.height)
        let isThick = 2 * all.thickness(of: index) >= shorter
        let isStrip = shorter * 8 <= max(all.width, all.height) && shorter * 4 <= part.size
        return isThick || isStrip
    }

    /// Whether a part is a thin line from one edge of the picture to another, or one that is thinner than any
    /// stroke: a fold, a wavy or a steep rule.
    private static func crossesThePicture(_ all: InkParts, _ index: Int) -> Bool {
        let part = all.parts[index]
        let edges = (0..<4).count { part.contacts[$0] > 0 }
        let thickness = all.thickness(of: index)
        return edges >= 2 && thickness * 20 <= part.size || thickness * 60 <= part.size
    }

    /// Whether a part is as flat as the ruled lines were, and lies in their direction.
    private static func isOfALine(
        _ part: InkParts.Part, _ lines: (level: [RuledLine], upright: [RuledLine])
    ) -> Bool {
        func isFlat(_ length: Int, _ thickness: Int, _ lines: [RuledLine]) -> Bool {
            guard let line = lines.first, length >= 4 * thickness else { return false }
            let rise = abs(line.slope) * Float(length)
            return Float(thickness) <= Float(2 * line.thickness + 3) + rise
        }
        return isFlat(part.width, part.height, lines.level)
            || isFlat(part.height, part.width, lines.upright)
    }

    /// Neither a speck nor a dot.
    private static func isStroke(_ all: InkParts, _ index: Int) -> Bool {
        all.parts[index].size * 60 >= max(all.width, all.height) && !isDot(all, index)
    }

    private static func isDot(_ all: InkParts, _ index: Int) -> Bool {
        let size = all.parts[index].size
        return size >= 5 && 100 * all.thickness(of: index) >= 52 * size
    }

    // MARK: - Cutting out

    /// The digit alone, with the faint edge of its strokes, and its box.
    ///
    /// - Parameter least: ink of the edge; what has less is too faint to be seen anyway.
    func cut(from plane: GrayPlane, edge least: Float) -> (GrayPlane, PixelBox) {
        var (mask, box) = (all.labels.map { $0 > 0 && isDigit[Int($0) - 1] }, digitBox)
        for _ in 0..<max(1, max(box.width, box.height) / DigitNormalizer.boxSide) {
            box = Self.grow(&mask, box, into: plane, least: least)
        }
        var output = plane
        for place in mask.indices where !mask[place] && plane.values[place] >= least {
            output.values[place] = 0
        }
        return (output, box)
    }

    private var digitBox: PixelBox {
        let parts = zip(all.parts, isDigit).filter(\.1).map(\.0)
        let (left, top) = (parts.map(\.left).min()!, parts.map(\.top).min()!)
        return PixelBox(
            x: left, y: top, width: parts.map(\.right).max()! - left + 1,
            height: parts.map(\.bottom).max()! - top + 1)
    }

    /// Takes in the neighbours that have some ink.
    ///
    /// - Returns: the grown box.
    private static func grow(
        _ mask: inout [Bool], _ box: PixelBox, into plane: GrayPlane, least: Float
    ) -> PixelBox {
        let (width, before) = (plane.width, mask)
        let rows = max(0, box.y - 1)..<min(plane.height, box.y + box.height + 1)
        let columns = max(0, box.x - 1)..<min(width, box.x + box.width + 1)
        var grown = (left: box.x, top: box.y, right: box.x + box.width, bottom: box.y + box.height)
        for y in rows {
            for x in columns {
                let place = y * width + x
                guard !before[place], plane.values[place] >= least else { continue }
                guard
                    x > 0 && before[place - 1] || x + 1 < width && before[place + 1]
                        || y > 0 && before[place - width]
                        || y + 1 < plane.height && before[place + width]
                else { continue }
                mask[place] = true
                (grown.left, grown.right) = (min(grown.left, x), max(grown.right, x + 1))
                (grown.top, grown.bottom) = (min(grown.top, y), max(grown.bottom, y + 1))
            }
        }
        return PixelBox(
            x: grown.left, y: grown.top, width: grown.right - grown.left,
            height: grown.bottom - grown.top)
    }
}
