import CKernels
import Foundation
import Kernels
import LinearAlgebra
import TestSupport
import Testing

/// The elementwise functions against Foundation's in double precision.
@Suite struct ActivationKernelTests {
    private static let smallest = Float.leastNormalMagnitude

    /// Every exponent and sign, some thousand mantissas: denormals, infinities and NaN among them.
    private static let everywhere: [Float] = {
        var generator = SeededGenerator(seed: 61)
        let special: [Float] = [
            0, -0.0, 1, -1, .infinity, -.infinity, .nan, .greatestFiniteMagnitude,
            -.greatestFiniteMagnitude, smallest, -smallest, .leastNonzeroMagnitude,
            -.leastNonzeroMagnitude, 88.722_83, 88.722_84, -87.336_54, -87.336_55, -103.9, -104.1,
            0.625, 0.927_734_4, 0.927_734_44, 9.01, -9.01,
        ]
        return special
            + (0..<400_000).map { _ in
                Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            }
            + (0..<300_000).map { _ in Float.random(in: -110...110, using: &generator) }
            + (0..<300_000).map { _ in Float.random(in: -4...4, using: &generator) }
    }()

    /// In units in the last place of the result. Measured over four million values: 1.01, 1.19, 1.32,
    /// 2.62, 3.25, 11.8 and 8.04.
    private static let largestErrors: [ElementwiseFunction: Double] = [
        .exp: 1.1, .erf: 1.3, .tanh: 1.5, .sigmoid: 3, .silu: 3.5, .gelu: 13, .geluTanh: 9,
    ]

    private func reference(_ function: ElementwiseFunction, _ x: Double) -> Double {
        switch function {
        case .exp: exp(x)
        case .erf: erf(x)
        case .tanh: tanh(x)
        case .sigmoid: 1 / (1 + exp(-x))
        case .silu: x / (1 + exp(-x))
        case .gelu: x * 0.5 * erfc(-x * 0.5.squareRoot())
        // The sigmoid of twice tanh's argument: 1 + tanh would cancel.
        case .geluTanh: x / (1 + exp(-(8 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        }
    }

    @Test(arguments: ElementwiseFunction.allCases)
    func areWithinAFewUnitsInTheLastPlace(_ function: ElementwiseFunction) {
        let x = Self.everywhere
        let expected = x.map { reference(function, Double($0)) }
        atEachCPULevel { level in
            let y = FloatBuffer(count: x.count).all
            apply(function, FloatSlice(x), into: y)
            var (worst, at) = (0.0, Float(0))
            for index in x.indices {
                let error = self.error(function, x[index], y[index], expected[index])
                if !(error <= worst) { (worst, at) = (error, x[index]) }
            }
            #expect(
                worst <= Self.largestErrors[function]!, "\(function) at \(at), level \(level)")
        }
    }

    /// In units in the last place; infinite where one result is a NaN or an infinity and the other
    /// isn't.
    private func error(
        _ function: ElementwiseFunction, _ x: Float, _ actual: Float, _ expected: Double
    ) -> Double {
        let rounded = Float(expected)
        if rounded.isNaN || rounded.isInfinite || actual.isNaN || actual.isInfinite {
            return actual == rounded || actual.isNaN && rounded.isNaN
                || isAtTheEdge(actual, expected) ? 0 : .infinity
        }
        let magnitude = max(absoluteFloor(function, x), rounded.magnitude, Self.smallest)
        return (Double(actual) - expected).magnitude / Double(magnitude.ulp)
    }

    /// The largest float is next to what rounds to infinity.
    private func isAtTheEdge(_ actual: Float, _ expected: Double) -> Bool {
        !actual.isNaN
            && (Double(Float.greatestFiniteMagnitude) - expected.magnitude).magnitude < 1e32
    }

    /// Where results are so small that errors count against something larger.
    private func absoluteFloor(_ function: ElementwiseFunction, _ x: Float) -> Float {
        switch function {
        // erf's polynomial was made for the sum with 1, and e^u of a large u has u's rounding;
        // absolute errors are below 4e-8.
        case .gelu where x < -1 && x > -20, .geluTanh where x < -1 && x > -20: x.magnitude / 32
        // A factor is less than a normal number.
        case .silu where x < -80: 1e-34
        default: 0
        }
    }

    /// Not on its place in a vector, nor on how many there are.
    @Test(arguments: ElementwiseFunction.allCases)
    func aResultDependsOnItsValueAlone(_ function: ElementwiseFunction) {
        var generator = SeededGenerator(seed: 62)
        let x = FloatSlice(generator.floats(67, from: -5, to: 5))
        atEachCPULevel { level in
            let whole = FloatBuffer(count: 67).all
            apply(function, x, into: whole)
            for start in 0..<67 {
                let part = GuardedFloats(count: 67 - start)
                apply(function, x.slice(start, count: 67 - start), into: part.slice)
                #expect(part.slice.array == Array(whole.array[start...]), "level \(level)")
                #expect(part.marginsAreIntact, "level \(level)")
            }
        }
    }

    /// Derivatives stay finite where the functions' terms overflow.
    @Test func gradientsAtTheEnds() {
        let x = FloatSlice([
            -.greatestFiniteMagnitude, -1e20, -100, 100, 1e20, .greatestFiniteMagnitude,
        ])
        let limits: [Float] = [0, 0, 0, 1, 1, 1]
        let ones = FloatSlice([Float](repeating: 1, count: 6))
        atEachCPULevel { level in
            let dx = FloatBuffer(count: 6).all
            siluGradient(x: x, dy: ones, into: dx)
            assertClose(dx.array, limits, absolute: 1e-30, "silu level \(level)")
            for tanhForm in [false, true] {
                geluGradient(x: x, dy: ones, tanhForm: tanhForm, into: dx)
                assertClose(dx.array, limits, absolute: 1e-30, "gelu level \(level)")
            }
            let nan = FloatSlice([Float](repeating: .nan, count: 6))
            siluGradient(x: nan, dy: ones, into: dx)
            #expect(dx.array.allSatisfy { $0.isNaN })
            for tanhForm in [false, true] {
                geluGradient(x: nan, dy: ones, tanhForm: tanhForm, into: dx)
                #expect(dx.array.allSatisfy { $0.isNaN })
            }
        }
    }
}
