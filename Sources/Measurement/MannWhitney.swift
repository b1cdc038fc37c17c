import Foundation

/// The Mann–Whitney U test: whether one of two independent samples tends to larger values.
///
/// Speeds of blocks aren't normally distributed (a busy machine makes a long tail), and this test
/// asks only for their order. The p-value is two-sided: exact for small samples without ties, else
/// by the normal approximation with corrections for ties and continuity.
///
/// Source: Mann, Whitney (1947), "On a Test of Whether one of Two Random Variables is Stochastically
/// Larger than the Other"; SciPy 1.17, scipy.stats.mannwhitneyu with its default method.
public struct MannWhitney: Sendable {
    /// Of the first sample: the pairs in which it has the larger value, ties counted half.
    public let u: Double
    public let pValue: Double
    public let isExact: Bool

    /// Up to this size of the smaller sample the p-value is exact.
    static let exactLimit = 8

    /// - Precondition: both samples have values, none NaN.
    public init(_ first: [Double], _ second: [Double]) {
        precondition(!first.isEmpty && !second.isEmpty, "a test of an empty sample")
        let (n, m) = (first.count, second.count)
        let ranks = Ranks(first + second)
        u = ranks.values[..<n].reduce(0, +) - Double(n * (n + 1)) / 2
        isExact = min(n, m) <= MannWhitney.exactLimit && ranks.tieSizes.isEmpty
        let larger = max(u, Double(n * m) - u)
        pValue = min(
            1,
            isExact
                ? 2 * MannWhitney.exactTail(Int(larger), n, m)
                : 2 * MannWhitney.normalTail(larger, n, m, ranks.tieSizes))
    }

    /// The smallest p-value that samples of these sizes can have, whatever their values.
    public static func smallestPValue(_ n: Int, _ m: Int) -> Double {
        MannWhitney((0..<n).map(Double.init), (n..<n + m).map(Double.init)).pValue
    }

    /// P(U ≥ u) where all orders are equally likely.
    private static func exactTail(_ u: Int, _ n: Int, _ m: Int) -> Double {
        // U ≥ u is as likely as U ≤ n·m − u.
        let counts = orderCounts(n, m)
        return counts[...(n * m - u)].reduce(0, +) / counts.reduce(0, +)
    }

    /// For each U from 0 to n·m, in how many orders of the values it comes about: the coefficients
    /// of the Gaussian binomial, built factor by factor as Π (1 − q^(m+i)) / (1 − q^i).
    private static func orderCounts(_ n: Int, _ m: Int) -> [Double] {
        let (n, m) = (min(n, m), max(n, m))
        var counts = [Double](repeating: 0, count: n * m + 1)
        counts[0] = 1
        for i in 1...n {
            if m + i <= n * m {
                for u in stride(from: n * m, through: m + i, by: -1) {
                    counts[u] -= counts[u - m - i]
                }
            }
            if i <= n * m { for u in i...n * m { counts[u] += counts[u - i] } }
        }
        return counts
    }

    private static func normalTail(_ u: Double, _ n: Int, _ m: Int, _ ties: [Int]) -> Double {
        let (product, total) = (Double(n * m), Double(n + m))
        let tieSum = ties.reduce(0.0) { $0 + pow(Double($1), 3) - Double($1) }
        let variance = product / 12 * (total + 1 - tieSum / (total * (total - 1)))
        guard variance > 0 else { return 1 }
        let z = (u - product / 2 - 0.5) / variance.squareRoot()
        return erfc(z / 2.0.squareRoot()) / 2
    }
}

/// Ranks from 1 on; equal values share the mean of theirs.
private struct Ranks {
    var values: [Double]
    /// How many values each tie has.
    var tieSizes: [Int] = []

    init(_ sample: [Double]) {
        values = [Double](repeating: 0, count: sample.count)
        let order = sample.indices.sorted { sample[$0] < sample[$1] }
        var first = 0
        while first < order.count {
            var end = first + 1
            while end < order.count && sample[order[end]] == sample[order[first]] { end += 1 }
            for place in first..<end { values[order[place]] = Double(first + 1 + end) / 2 }
            if end - first > 1 { tieSizes.append(end - first) }
            first = end
        }
    }
}
