/// The sum in NumPy's order of additions, so that a mean rounds as NumPy's does.
///
/// A report printed to two digits would otherwise differ where a mean falls on a half.
/// - Source: NumPy 2.4 `pairwise_sum` (loops_utils.h): plain up to 8 values, eight accumulators up
///   to 128, halves above.
func pairwiseSum(_ values: some RandomAccessCollection<Double>) -> Double {
    let count = values.count
    let values = Array(values)
    if count < 8 { return values.reduce(0, +) }
    if count > 128 {
        let half = count / 2 - (count / 2) % 8
        return pairwiseSum(values[..<half]) + pairwiseSum(values[half...])
    }
    var lanes = Array(values[0..<8])
    let whole = count - count % 8
    for index in 8..<max(8, whole) { lanes[index % 8] += values[index] }
    let sum =
        ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]))
        + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]))
    return values[whole...].reduce(sum, +)
}
