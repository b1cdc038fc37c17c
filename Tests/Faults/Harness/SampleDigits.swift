import Foundation

/// Pictures of three kinds of strokes that a tiny network tells apart after a few steps.
struct SampleDigits {
    static let side = 28
    private var random = SplitMix64(state: 7)

    /// Writes an IDX training and test set with class names to `data`, and some pictures to `pictures`.
    static func write(to folder: URL) throws {
        var digits = SampleDigits()
        let data = folder.appendingPathComponent("data")
        let pictures = folder.appendingPathComponent("pictures")
        for made in [data, pictures] {
            try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        }
        try digits.writeSet("train", count: 60, to: data)
        try digits.writeSet("t10k", count: 30, to: data)
        try Data("bar\ndash\nslope\n".utf8).write(to: data.appendingPathComponent("classes.txt"))
        for label in 0..<3 {
            let header = Data("P5\n\(side) \(side)\n255\n".utf8)
            try (header + digits.image(of: label))
                .write(to: pictures.appendingPathComponent("\(label).pgm"))
        }
    }

    private mutating func writeSet(_ name: String, count: Int, to folder: URL) throws {
        let labels = (0..<count).map { UInt8($0 % 3) }
        let side = Self.side
        var images = Self.header(type: 3, dimensions: [count, side, side])
        for label in labels { images += image(of: Int(label)) }
        try Data(images).write(to: folder.appendingPathComponent("\(name)-images-idx3-ubyte"))
        try Data(Self.header(type: 1, dimensions: [count]) + labels)
            .write(to: folder.appendingPathComponent("\(name)-labels-idx1-ubyte"))
    }

    private static func header(type: UInt8, dimensions: [Int]) -> [UInt8] {
        [0, 0, 8, type]
            + dimensions.flatMap { size in
                [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) }
            }
    }

    /// A bar, a dash or a slope, moved by up to a pixel, with uneven ink.
    private mutating func image(of label: Int) -> [UInt8] {
        let side = Self.side
        var pixels = [UInt8](repeating: 0, count: side * side)
        let shift = Int.random(in: -1...1, using: &random)
        for step in 4..<24 {
            for width in 0..<4 {
                let across = 12 + width + shift
                let (row, column) =
                    switch label {
                    case 0: (step, across)
                    case 1: (across, step)
                    default: (step, step + width)
                    }
                pixels[row * side + column] = UInt8.random(in: 150...255, using: &random)
            }
        }
        return pixels
    }
}
