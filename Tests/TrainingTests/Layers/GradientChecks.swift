import Testing
import Training
import TrainingTestSupport

/// Records what `GradientCheck` finds wrong of a layer.
func gradientCheck(
    _ layer: any Layer, sampleCount: Int, input: [Float]? = nil, seed: UInt64,
    step: Float = 1e-2, tolerance: Double = 1e-3, sourceLocation: SourceLocation = #_sourceLocation
) {
    let report = GradientCheck.run(
        layer, sampleCount: sampleCount, input: input, seed: seed, step: step)
    do {
        try report.check(tolerance: tolerance)
    } catch {
        Issue.record("seed \(seed): \(error)", sourceLocation: sourceLocation)
    }
}
