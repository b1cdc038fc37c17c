/// The 95 % interval of a share, as Wilson's score gives it.
///
/// Unlike the normal approximation it stays within [0, 1] and is right near 0 and 1, where
/// accuracies of good models are.
/// - Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference".
public struct WilsonInterval: Equatable, Codable, Sendable {
    public let lower: Double
    public let upper: Double

    /// The 0.975 quantile of the normal distribution.
    private static let z = 1.959963984540054

    /// - Throws: `MetricsError` unless 0 ≤ `successes` ≤ `trials` and `trials` ≥ 1.
    public init(successes: Int, trials: Int) throws {
        guard trials >= 1 else { throw MetricsError.empty }
        guard successes >= 0 else {
            throw MetricsError.parameter(name: "successes", value: successes, atLeast: 0)
        }
        guard successes <= trials else {
            throw MetricsError.parameter(name: "trials", value: trials, atLeast: successes)
        }
        let n = Double(trials)
        let share = Double(successes) / n
        let square = Self.z * Self.z
        let centre = (share + square / (2 * n)) / (1 + square / n)
        let spread = (share * (1 - share) / n + square / (4 * n * n)).squareRoot()
        let halfWidth = Self.z * spread / (1 + square / n)
        // At the ends the formula gives exactly 0 and 1, but for rounding.
        lower = successes == 0 ? 0 : centre - halfWidth
        upper = successes == trials ? 1 : centre + halfWidth
    }
}
