import CKernels
import Kernels
import LinearAlgebra
import TestSupport
import Testing

/// The update rules, plainly, one element at a time in double precision.
private struct Reference {
    var p: [Double]
    var mean: [Double]
    var square: [Double]
    var buffer: [Double]

    mutating func sgd(_ g: [Double], _ s: SGDScalars) {
        for i in p.indices {
            let d = g[i] + Double(s.weight_decay) * p[i]
            var step = d
            if s.momentum != 0 {
                buffer[i] = Double(s.momentum) * buffer[i] + d
                step = s.nesterov != 0 ? d + Double(s.momentum) * buffer[i] : buffer[i]
            }
            p[i] -= Double(s.learning_rate) * step
        }
    }

    mutating func adam(_ g: [Double], _ s: AdamScalars) {
        for i in p.indices {
            p[i] *= Double(s.parameter_decay)
            let d = g[i] + Double(s.weight_decay) * p[i]
            mean[i] += Double(s.mean_weight) * (d - mean[i])
            square[i] = Double(s.square_decay) * square[i] + Double(s.square_weight) * d * d
            let denominator =
                square[i].squareRoot() * Double(s.square_correction) + Double(s.epsilon)
            p[i] -= Double(s.step_size) * mean[i] / denominator
        }
    }

    mutating func rmsprop(_ g: [Double], _ s: RMSpropScalars) {
        for i in p.indices {
            let d = g[i] + Double(s.weight_decay) * p[i]
            square[i] = Double(s.square_decay) * square[i] + Double(s.square_weight) * d * d
            var variance = square[i]
            if s.centered != 0 {
                mean[i] += Double(s.square_weight) * (d - mean[i])
                variance -= mean[i] * mean[i]
            }
            var step = d / (variance.squareRoot() + Double(s.epsilon))
            if s.momentum != 0 {
                buffer[i] = Double(s.momentum) * buffer[i] + step
                step = buffer[i]
            }
            p[i] -= Double(s.learning_rate) * step
        }
    }
}

/// Parameters, gradients and state of one size; the state as after some steps.
private struct Slices {
    let p: FloatSlice
    let g: FloatSlice
    let mean: FloatSlice
    let square: FloatSlice
    let buffer: FloatSlice

    init(count: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        p = FloatSlice(random.floats(count))
        g = FloatSlice(random.floats(count))
        mean = FloatSlice(random.floats(count, from: -0.1, to: 0.1))
        // Above the mean's square, so that centered's variance is well away from zero.
        square = FloatSlice(random.floats(count, from: 0.1, to: 0.5))
        buffer = FloatSlice(random.floats(count))
    }

    var reference: Reference {
        Reference(
            p: p.array.map(Double.init), mean: mean.array.map(Double.init),
            square: square.array.map(Double.init), buffer: buffer.array.map(Double.init))
    }

    var all: [[Float]] { [p.array, mean.array, square.array, buffer.array] }
}

@Suite struct OptimizerKernelTests {
    static let sgdCases = [
        SGDScalars(learning_rate: 0.1, momentum: 0, weight_decay: 0.02, nesterov: 0),
        SGDScalars(learning_rate: 0.1, momentum: 0.9, weight_decay: 0.02, nesterov: 0),
        SGDScalars(learning_rate: 0.1, momentum: 0.9, weight_decay: 0.02, nesterov: 1),
    ]
    static let adamCases = [
        AdamScalars(
            parameter_decay: 1, weight_decay: 0.1, mean_weight: 0.1, square_decay: 0.99,
            square_weight: 0.01, square_correction: 1.7, epsilon: 1e-3, step_size: 0.05),
        AdamScalars(
            parameter_decay: 0.97, weight_decay: 0, mean_weight: 0.8, square_decay: 0.9,
            square_weight: 0.1, square_correction: 1.1, epsilon: 1e-8, step_size: 0.05),
    ]
    static let rmspropCases: [RMSpropScalars] = [(0, 0), (0.9, 0), (0, 1), (0.9, 1)].map {
        RMSpropScalars(
            learning_rate: 0.01, momentum: $0.0, weight_decay: 0.02, epsilon: 1e-4,
            square_decay: 0.9, square_weight: 0.1, centered: $0.1)
    }
    static let counts = [1, 7, 16, 61, 1000]

    @Test(arguments: counts, 0..<3)
    func sgdIsThePlainRule(count: Int, index: Int) {
        compare(
            count,
            { s, range in
                sgdStep(
                    s.p, gradients: s.g, buffer: s.buffer, range: range,
                    scalars: Self.sgdCases[index])
            }, { $0.sgd($1, Self.sgdCases[index]) })
    }

    @Test(arguments: counts, 0..<2)
    func adamIsThePlainRule(count: Int, index: Int) {
        compare(
            count,
            { s, range in
                adamStep(
                    s.p, gradients: s.g, mean: s.mean, square: s.square, range: range,
                    scalars: Self.adamCases[index])
            }, { $0.adam($1, Self.adamCases[index]) })
    }

    @Test(arguments: counts, 0..<4)
    func rmspropIsThePlainRule(count: Int, index: Int) {
        compare(
            count,
            { s, range in
                rmspropStep(
                    s.p, gradients: s.g, square: s.square, mean: s.mean, buffer: s.buffer,
                    range: range, scalars: Self.rmspropCases[index])
            }, { $0.rmsprop($1, Self.rmspropCases[index]) })
    }

    @Test func aSteadyGradientsVarianceIsNeverNegative() {
        atEachCPULevel { level in
            let s = Slices(count: 33, seed: 5)
            s.g.fill(0.1)
            // mean² exceeds the mean square by more than the step's rounding.
            s.mean.fill(0.1)
            s.square.fill(0.1 * 0.1 * 0.999)
            var scalars = Self.rmspropCases[2]
            scalars.weight_decay = 0
            rmspropStep(
                s.p, gradients: s.g, square: s.square, mean: s.mean, buffer: s.buffer,
                range: 0..<33, scalars: scalars)
            let finite = s.p.array.allSatisfy { $0.isFinite }
            #expect(finite, "level \(level)")
        }
    }

    @Test(arguments: [0, 1, 15, 16, 17, 16_384, 50_001])
    func squaredNormIsTheSameOnEveryCPU(count: Int) {
        var random = SeededGenerator(seed: 3)
        let x = FloatSlice(random.floats(count, from: -3, to: 3))
        let expected = x.array.reduce(0.0) { $0 + Double($1) * Double($1) }
        var sums: [Double] = []
        atEachCPULevel { _ in sums.append(squaredNorm(of: x)) }
        assertClose(sums, sums.map { _ in expected }, relative: 1e-13)
        #expect(Set(sums).count == 1)
    }

    @Test func scaleMultipliesEachElement() {
        var random = SeededGenerator(seed: 4)
        let values = random.floats(101)
        atEachCPULevel { _ in
            let x = FloatSlice(values)
            scale(x.slice(1, count: 99), by: 0.3)
            let expected = [values[0]] + values[1..<100].map { $0 * 0.3 } + [values[100]]
            #expect(x.array == expected)
        }
    }

    @Test(arguments: [Float(0.01), 0.5, 0.99, 1])
    func lerpMovesByItsWeight(weight: Float) {
        var random = SeededGenerator(seed: 6)
        let (from, to) = (random.floats(77), random.floats(77))
        let expected = zip(from, to).map { Double($0) + Double(weight) * (Double($1) - Double($0)) }
        atEachCPULevel { _ in
            let y = FloatSlice(from)
            lerp(y, towards: FloatSlice(to), weight: weight)
            assertClose(y.array, expected.map(Float.init), relative: 2e-7, absolute: 2e-7)
            if weight == 1 { #expect(y.array == to) }
        }
    }

    /// At each CPU level: three steps close to the double-precision rule, and the same bits however
    /// the range is cut.
    private func compare(
        _ count: Int, _ step: (Slices, Range<Int>) -> Void,
        _ rule: (inout Reference, [Double]) -> Void
    ) {
        atEachCPULevel { level in
            let whole = Slices(count: count, seed: 1)
            let cut = Slices(count: count, seed: 1)
            var expected = whole.reference
            for _ in 0..<3 {
                rule(&expected, whole.g.array.map(Double.init))
                step(whole, 0..<count)
                for range in [0..<count / 3, count / 3..<count / 2, count / 2..<count] {
                    step(cut, range)
                }
            }
            #expect(whole.all == cut.all, "level \(level)")
            // Three steps of a few roundings each, on values up to about ten.
            let actual = whole.all
            for (index, values) in [expected.p, expected.mean, expected.square, expected.buffer]
                .enumerated()
            {
                assertClose(
                    actual[index], values.map(Float.init), relative: 2e-6, absolute: 2e-6,
                    "level \(level), array \(index)")
            }
        }
    }
}
