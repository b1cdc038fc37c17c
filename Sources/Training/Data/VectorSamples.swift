import DurableFiles
import Kernels
import LinearAlgebra

/// Samples that are vectors of floats, such as the columns of a table, with labels or values to learn.
///
/// A subset shares the memory and lists its samples.
public struct VectorSamples: SampleSource {
    public let featureCount: Int
    public let targetKind: TargetKind
    /// Which samples belong to this set, in order.
    public let indices: [Int]
    /// `[N, F]`, all samples.
    private let features: FloatSlice
    private let labels: [Int]
    /// `[N, T]`; empty where there are labels.
    private let values: FloatSlice

    /// Samples with a class each.
    ///
    /// - Parameter features: `[N, F]`, row by row.
    /// - Precondition: F floats for each label.
    public init(features: [Float], featureCount: Int, labels: [Int]) {
        self.init(
            features, featureCount, .labels, count: labels.count, labels: labels, values: [])
    }

    /// Samples with values to predict.
    ///
    /// - Parameter targets: `[N, T]`, row by row.
    /// - Precondition: F floats of features for each T of targets.
    public init(features: [Float], featureCount: Int, targets: [Float], targetCount: Int = 1) {
        precondition(
            targetCount > 0 && targets.count % targetCount == 0,
            "\(targets.count) targets, \(targetCount) a sample")
        self.init(
            features, featureCount, .values(count: targetCount),
            count: targets.count / targetCount, labels: [], values: targets)
    }

    private init(
        _ features: [Float], _ featureCount: Int, _ kind: TargetKind, count: Int, labels: [Int],
        values: [Float]
    ) {
        precondition(
            featureCount > 0 && features.count == count * featureCount,
            "\(features.count) features for \(count) samples of \(featureCount)")
        self.featureCount = featureCount
        targetKind = kind
        indices = Array(0..<count)
        self.features = FloatSlice(features)
        self.labels = labels
        self.values = FloatSlice(values)
    }

    private init(_ other: VectorSamples, indices: [Int]) {
        featureCount = other.featureCount
        targetKind = other.targetKind
        self.indices = indices
        features = other.features
        labels = other.labels
        values = other.values
    }

    public var count: Int { indices.count }
    public var inputShape: SampleShape { SampleShape(features: featureCount) }

    /// Other samples of the same memory.
    ///
    /// - Precondition: the indices are within all samples.
    public func including(_ indices: [Int]) -> VectorSamples {
        let all = features.count / featureCount
        precondition(indices.allSatisfy((0..<all).contains), "an index outside \(all) samples")
        return VectorSamples(self, indices: indices)
    }

    /// Two parts of this set, drawn at random: the second of `count · fraction` samples, rounded, but
    /// one at least where both can have one.
    ///
    /// - Precondition: `fraction` is in (0, 1).
    public func split(
        fraction: Double, seed: UInt64
    ) -> (first: VectorSamples, second: VectorSamples) {
        precondition(fraction > 0 && fraction < 1, "a fraction of \(fraction)")
        var order = EpochOrder(seed: seed)
        order.shuffle(count: count, epoch: 0)
        let drawn = order.positions.map { indices[$0] }
        let rounded = Int((Double(count) * fraction).rounded())
        let secondCount = min(max(rounded, 1), max(count - 1, 0))
        return (
            including(Array(drawn.dropLast(secondCount))),
            including(Array(drawn.suffix(secondCount)))
        )
    }

    // MARK: - Samples

    public func load(_ position: Int, epoch: Int?, into input: FloatSlice) {
        input.update(from: features.slice(indices[position] * featureCount, count: featureCount))
    }

    public func target(_ position: Int) -> Target {
        let index = indices[position]
        switch targetKind {
        case .labels: return .label(labels[index])
        case .values(let count): return .values(values.slice(index * count, count: count))
        }
    }

    public func contentDigest() -> String {
        let digest = SHA256()
        digest.update(numbers: [featureCount, count])
        for position in 0..<count {
            let row = features.slice(indices[position] * featureCount, count: featureCount)
            digest.update(numbers: row.array)
            switch target(position) {
            case .label(let label): digest.update(numbers: [label])
            case .values(let values): digest.update(numbers: values.array)
            }
        }
        return digest.finalize()
    }
}
