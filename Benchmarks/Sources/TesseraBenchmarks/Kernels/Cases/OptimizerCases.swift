import Kernels
import LinearAlgebra

/// Update rules and norms over all of DigitCNN's parameters.
enum OptimizerCases {
    static var all: [KernelCase] { [adam, sgd, rmsprop, norm, scaling, average] }

    private static let count = 455_754

    private static let adamScalars = AdamScalars(
        parameter_decay: 1, weight_decay: 1e-5, mean_weight: 0.1, square_decay: 0.999,
        square_weight: 0.001, square_correction: 1.5, epsilon: 1e-8, step_size: 1e-3)
    private static let sgdScalars = SGDScalars(
        learning_rate: 0.1, momentum: 0.9, weight_decay: 1e-5, nesterov: 1)
    private static let rmspropScalars = RMSpropScalars(
        learning_rate: 1e-3, momentum: 0, weight_decay: 1e-5, epsilon: 1e-8, square_decay: 0.99,
        square_weight: 0.01, centered: 0)

    private static func title(_ kernel: String) -> String { "optimizer \(count): \(kernel)" }

    private static var adam: KernelCase {
        KernelCase(name: title("Adam"), bytes: 28 * Double(count)) {
            let state = OptimizerState(count)
            return state.run {
                adamStep(
                    state.p, gradients: state.g, mean: state.first, square: state.second,
                    range: 0..<count, scalars: adamScalars)
            } element: { p, g, mean, square in
                let s = adamScalars
                let d = g + Double(s.weight_decay) * p
                mean += Double(s.mean_weight) * (d - mean)
                square = Double(s.square_decay) * square + Double(s.square_weight) * d * d
                let root = square.squareRoot() * Double(s.square_correction)
                p -= Double(s.step_size) * mean / (root + Double(s.epsilon))
            }
        }
    }

    private static var sgd: KernelCase {
        KernelCase(name: title("SGD with Nesterov's momentum"), bytes: 20 * Double(count)) {
            let state = OptimizerState(count)
            return state.run {
                sgdStep(
                    state.p, gradients: state.g, buffer: state.first, range: 0..<count,
                    scalars: sgdScalars)
            } element: { p, g, buffer, _ in
                let s = sgdScalars
                let d = g + Double(s.weight_decay) * p
                buffer = Double(s.momentum) * buffer + d
                p -= Double(s.learning_rate) * (d + Double(s.momentum) * buffer)
            }
        }
    }

    private static var rmsprop: KernelCase {
        KernelCase(name: title("RMSprop"), bytes: 20 * Double(count)) {
            let state = OptimizerState(count)
            return state.run {
                rmspropStep(
                    state.p, gradients: state.g, square: state.second, mean: state.first,
                    buffer: state.first, range: 0..<count, scalars: rmspropScalars)
            } element: { p, g, _, square in
                let s = rmspropScalars
                let d = g + Double(s.weight_decay) * p
                square = Double(s.square_decay) * square + Double(s.square_weight) * d * d
                p -= Double(s.learning_rate) * d / (square.squareRoot() + Double(s.epsilon))
            }
        }
    }

    private static var norm: KernelCase {
        KernelCase(name: title("squared norm"), bytes: 4 * Double(count)) {
            let state = OptimizerState(count)
            let result = DoubleBuffer(count: 1)
            return KernelRun(
                call: { result[0] = squaredNorm(of: state.g) }, results: { [result.doubles] },
                expected: { [[state.g.doubles.reduce(0) { $0 + $1 * $1 }]] }, tolerance: 1e-12)
        }
    }

    /// By −1, which can be repeated for ever.
    private static var scaling: KernelCase {
        KernelCase(name: title("scale"), bytes: 8 * Double(count)) {
            let state = OptimizerState(count)
            return state.run {
                scale(state.p, by: -1)
            } element: { p, _, _, _ in
                p = -p
            }
        }
    }

    private static var average: KernelCase {
        KernelCase(name: title("moving average"), bytes: 12 * Double(count)) {
            let state = OptimizerState(count)
            return state.run {
                lerp(state.p, towards: state.g, weight: 1e-3)
            } element: { p, g, _, _ in
                p += Double(Float(1e-3)) * (g - p)
            }
        }
    }
}

/// Parameters, gradients and two arrays of state.
private struct OptimizerState {
    let p: FloatSlice
    let g: FloatSlice
    let first: FloatSlice
    let second: FloatSlice
    private let start: [FloatSlice]

    init(_ count: Int) {
        var values = TestValues(seed: 23)
        let start = [
            values.floats(count), values.floats(count), values.floats(count),
            values.floats(count, from: 0.1, to: 0.5),
        ]
        self.start = start
        (p, g, first, second) = (start[0].copy, start[1].copy, start[2].copy, start[3].copy)
    }

    /// - Parameter element: the rule on one element; changes parameter and state.
    func run(
        _ call: @escaping () -> Void,
        element: @escaping (inout Double, Double, inout Double, inout Double) -> Void
    ) -> KernelRun {
        KernelRun(
            reset: {
                p.update(from: start[0])
                first.update(from: start[2])
                second.update(from: start[3])
            },
            call: call, results: { [p.doubles, first.doubles, second.doubles] },
            expected: {
                var (p, first, second) = (p.doubles, first.doubles, second.doubles)
                for (index, gradient) in g.doubles.enumerated() {
                    element(&p[index], gradient, &first[index], &second[index])
                }
                return [p, first, second]
            })
    }
}
