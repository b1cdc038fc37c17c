import Foundation
import Kernels
import LinearAlgebra
import TestSupport
import Testing

@testable import Training

@Suite struct OptimizerTests {
    static let goldens = OptimizerGoldens.all

    /// PyTorch rounds a few times more or less within a step; over twenty steps, with steps of up to
    /// 0.14 on parameters of about one, that stays under this.
    @Test(arguments: goldens.trajectories)
    func tracksPyTorchStepByStep(golden: OptimizerGoldens.Trajectory) {
        let parameters = FloatSlice(Self.goldens.parameters)
        let optimizer = golden.makeOptimizer(parameters.count)
        for (step, expected) in golden.parameters_after.enumerated() {
            optimizer.step(
                parameters: parameters, gradients: FloatSlice(Self.goldens.gradients[step]),
                learningRate: Self.goldens.learning_rates[step],
                momentum: golden.cycled ? Self.goldens.cycled_momentums[step] : nil)
            assertClose(
                parameters.array, expected, relative: 2e-6, absolute: 1e-6,
                "\(golden.name) step \(step)")
        }
        #expect(golden.parameters_after.count == 20)
        #expect(optimizer.stepCount == 20)
    }

    @Test(arguments: goldens.trajectories)
    func continuesFromSavedStateToTheSameBits(golden: OptimizerGoldens.Trajectory) {
        let parameters = FloatSlice(Self.goldens.parameters)
        let first = golden.makeOptimizer(parameters.count)
        run(first, parameters, golden, steps: 0..<20)

        let interrupted = FloatSlice(Self.goldens.parameters)
        let before = golden.makeOptimizer(parameters.count)
        run(before, interrupted, golden, steps: 0..<9)
        let after = golden.makeOptimizer(parameters.count)
        #expect(before.state.map(\.name) == after.state.map(\.name))
        for (saved, restored) in zip(before.state, after.state) {
            restored.values.update(from: saved.values)
        }
        after.stepCount = before.stepCount
        run(after, interrupted, golden, steps: 9..<20)
        #expect(interrupted.array == parameters.array)
    }

    @Test func rangesOnManyThreadsGiveTheSameBits() {
        var random = SeededGenerator(seed: 8)
        let count = 10_007
        let (values, gradient) = (random.floats(count), FloatSlice(random.floats(count)))
        for type in OptimizerType.allCases {
            var config = ModelConfig()
            config.optimizer.type = type
            let (alone, shared) = (FloatSlice(values), FloatSlice(values))
            let one = config.makeOptimizer(parameterCount: count)
            let many = config.makeOptimizer(parameterCount: count)
            let pool = WorkerPool(threadCount: 3)
            for _ in 0..<3 {
                one.step(parameters: alone, gradients: gradient, learningRate: 0.01)
                many.beginStep(learningRate: 0.01, momentum: nil)
                pool.run(11) { chunk, _ in
                    many.update(
                        parameters: shared, gradients: gradient,
                        range: chunk * 1000..<min(count, (chunk + 1) * 1000))
                }
            }
            #expect(shared.array == alone.array, "\(type)")
        }
    }

    @Test func zerosBetweenParametersStayZero() {
        for type in OptimizerType.allCases {
            var config = ModelConfig()
            config.optimizer.type = type
            let parameters = FloatBuffer(count: 19).all
            let optimizer = config.makeOptimizer(parameterCount: 19)
            for _ in 0..<3 {
                optimizer.step(
                    parameters: parameters, gradients: FloatBuffer(count: 19).all,
                    learningRate: 0.1)
            }
            #expect(parameters.array == [Float](repeating: 0, count: 19), "\(type)")
        }
    }

    /// Each key that belongs to an optimizer changes what a step of it does, and none beside it.
    @Test func everyKeyOfTheConfigReachesItsOptimizer() {
        let changes: [(String, Set<OptimizerType>, (inout ModelConfig) -> Void)] = [
            ("momentum", [.sgd], { $0.optimizer.momentum = 0.5 }),
            ("nesterov", [.sgd], { $0.optimizer.nesterov = true }),
            ("beta1", [.adam, .adamw], { $0.optimizer.beta1 = 0.5 }),
            ("beta2", [.adam, .adamw], { $0.optimizer.beta2 = 0.5 }),
            ("epsilon", [.adam, .adamw, .rmsprop], { $0.optimizer.epsilon = 0.1 }),
            ("rmsprop_alpha", [.rmsprop], { $0.optimizer.rmspropAlpha = 0.5 }),
            ("weight_decay", [.sgd, .adam, .adamw, .rmsprop], { $0.optimizer.weightDecay = 0.5 }),
        ]
        for type in OptimizerType.allCases {
            var config = ModelConfig()
            config.optimizer.type = type
            let usual = parametersAfterThreeSteps(config)
            for (key, affected, change) in changes {
                var changed = config
                change(&changed)
                let differs = parametersAfterThreeSteps(changed) != usual
                #expect(differs == affected.contains(type), "\(key) and \(type)")
            }
        }
    }

    private func parametersAfterThreeSteps(_ config: ModelConfig) -> [Float] {
        let parameters = FloatSlice(Self.goldens.parameters)
        let optimizer = config.makeOptimizer(parameterCount: parameters.count)
        for step in 0..<3 {
            optimizer.step(
                parameters: parameters, gradients: FloatSlice(Self.goldens.gradients[step]),
                learningRate: 0.01)
        }
        return parameters.array
    }

    private func run(
        _ optimizer: any ParameterUpdate, _ parameters: FloatSlice,
        _ golden: OptimizerGoldens.Trajectory, steps: Range<Int>
    ) {
        for step in steps {
            optimizer.step(
                parameters: parameters, gradients: FloatSlice(Self.goldens.gradients[step]),
                learningRate: Self.goldens.learning_rates[step],
                momentum: golden.cycled ? Self.goldens.cycled_momentums[step] : nil)
        }
    }
}
