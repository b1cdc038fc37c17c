import Datasets
import Orchestration
import Training

/// Whether the parts of the data have the sizes and classes that they should, and share no image.
enum SplitChecks {
    /// Of a class's share in a part from its share in the whole.
    static let balanceTolerance = 0.01
    /// Share of a part's images that may be in another part as well before nothing is trained.
    static let overlapTolerance = 0.01

    static func all(_ data: PreparedData) -> [CheckResult] {
        [proportions(data), balance(data)] + overlaps(data)
    }

    /// The held-out part is rounded up to whole images; a set's own has the size that it has.
    private static func proportions(_ data: PreparedData) -> CheckResult {
        if let own = data.dataset.validation { return ownProportions(data, own.count) }
        let (train, held) = (data.split.train.count, data.split.validation.count)
        let total = Double(data.dataset.train.count)
        let share = Double(held) / total
        return CheckResult(
            "split proportions", of: .processedData, severity: .blocking,
            passed: abs(share - data.split.validationFraction) <= 1 / total + 1e-9
                && train + held == data.dataset.train.count,
            evidence: [
                "train": .integer(train), "validation": .integer(held),
                "share": .number(share), "expected": .number(data.split.validationFraction),
            ])
    }

    private static func ownProportions(_ data: PreparedData, _ own: Int) -> CheckResult {
        let (train, held) = (data.split.train.count, data.split.validation.count)
        return CheckResult(
            "split proportions", of: .processedData, severity: .blocking,
            passed: train == data.dataset.train.count && held == own && held > 0,
            evidence: [
                "train": .integer(train), "validation": .integer(held),
                "share": .number(data.split.validationFraction), "is_given": .flag(true),
            ])
    }

    /// A set's own validation part needn't have the classes in the same proportions.
    private static func balance(_ data: PreparedData) -> CheckResult {
        let whole = shares(data.dataset.train.classCounts)
        let parts = [data.training, data.validation].map { shares(counts($0, whole.count)) }
        let largest = parts.flatMap { zip($0, whole).map { abs($0 - $1) } }.max() ?? 0
        // A class has whole images, which weigh much in a small set.
        let smallest = min(data.training.count, data.validation.count)
        let tolerance = max(balanceTolerance, 1 / Double(max(smallest, 1)))
        return CheckResult(
            "class balance", of: .processedData,
            severity: data.dataset.validation == nil ? .blocking : .warning,
            passed: largest <= tolerance,
            evidence: ["largest_difference": .number(largest), "tolerance": .number(tolerance)])
    }

    private static func counts(_ samples: ImageSamples, _ classCount: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: classCount)
        for position in 0..<samples.count { counts[samples.label(position)] += 1 }
        return counts
    }

    private static func shares(_ counts: [Int]) -> [Double] {
        let total = Double(max(counts.reduce(0, +), 1))
        return counts.map { Double($0) / total }
    }

    // MARK: - Overlap

    /// Images of one part that another part has as well, pixel by pixel. Published sets have a few;
    /// more than the tolerance would make the figures worthless.
    private static func overlaps(_ data: PreparedData) -> [CheckResult] {
        let (training, validation) = (contents(data.training), contents(data.validation))
        var results = [overlap("validation", validation, with: training, "train")]
        if let test = data.test.map(contents) {
            results.append(overlap("test", test, with: training, "train"))
            results.append(overlap("test", test, with: validation, "validation"))
        }
        return results
    }

    private static func overlap(
        _ name: String, _ part: [ImageContent: Int], with other: [ImageContent: Int],
        _ otherName: String
    ) -> CheckResult {
        let shared = part.filter { other[$0.key] != nil }
        let count = shared.count
        let share = Double(count) / Double(max(part.count, 1))
        return CheckResult(
            "no overlap of \(name) and \(otherName)", of: .processedData,
            severity: share > overlapTolerance ? .blocking : .warning, passed: count == 0,
            evidence: [
                "shared_images": .integer(count), "share": .number(share),
                "first": .numbers(shared.values.sorted().prefix(5).map(Double.init)),
                "tolerance": .number(overlapTolerance),
            ])
    }

    /// Each image's content, with its first position in the file.
    private static func contents(_ samples: ImageSamples) -> [ImageContent: Int] {
        let size = samples.valuesPerImage
        var contents: [ImageContent: Int] = [:]
        contents.reserveCapacity(samples.count)
        for index in samples.indices {
            let start = index * size
            let content = ImageContent(samples.pixels[start..<start + size])
            if contents[content] == nil { contents[content] = index }
        }
        return contents
    }
}

/// An image's bytes, to be compared with others'.
private struct ImageContent: Hashable {
    private let pixels: ArraySlice<UInt8>

    init(_ pixels: ArraySlice<UInt8>) { self.pixels = pixels }

    static func == (left: Self, right: Self) -> Bool { left.pixels.elementsEqual(right.pixels) }

    func hash(into hasher: inout Hasher) {
        pixels.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
