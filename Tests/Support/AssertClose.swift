import Testing

/// Expects every element of `actual` within `absolute + relative · |expected|` of `expected`.
///
/// Fails on differing counts first, on NaN always, and names the worst index.
public func assertClose(
    _ actual: [Float], _ expected: [Float], relative: Float = 1e-5, absolute: Float = 1e-6,
    _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
    assertClose(
        actual.map(Double.init), expected.map(Double.init), relative: Double(relative),
        absolute: Double(absolute), label, sourceLocation: sourceLocation)
}

/// The same in double precision.
public func assertClose(
    _ actual: [Double], _ expected: [Double], relative: Double = 1e-9, absolute: Double = 1e-12,
    _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
    guard actual.count == expected.count else {
        Issue.record(
            "\(label): \(actual.count) elements, expected \(expected.count)",
            sourceLocation: sourceLocation)
        return
    }
    var worst = -1.0
    var worstIndex = 0
    for index in actual.indices {
        let tolerance = absolute + relative * expected[index].magnitude
        let error = (actual[index] - expected[index]).magnitude
        let excess = error.isNaN ? .infinity : error / tolerance
        if excess > worst { (worst, worstIndex) = (excess, index) }
    }
    if worst > 1 {
        Issue.record(
            "\(label)[\(worstIndex)]: \(actual[worstIndex]), expected \(expected[worstIndex]) (\(worst) times the tolerance)",
            sourceLocation: sourceLocation)
    }
}

/// ‖actual − expected‖ / ‖expected‖ in the Euclidean norm; NaN if any element is.
public func relativeError(_ actual: [Float], _ expected: [Float]) -> Double {
    relativeError(actual.map(Double.init), expected.map(Double.init))
}

/// The same in double precision.
public func relativeError(_ actual: [Double], _ expected: [Double]) -> Double {
    precondition(
        actual.count == expected.count,
        "\(actual.count) elements, expected \(expected.count)")
    var difference = 0.0
    var norm = 0.0
    for (a, e) in zip(actual, expected) {
        difference += (a - e) * (a - e)
        norm += e * e
    }
    return (difference / max(norm, .leastNormalMagnitude)).squareRoot()
}
