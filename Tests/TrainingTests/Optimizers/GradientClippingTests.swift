import Kernels
import LinearAlgebra
import TestSupport
import Testing

@testable import Training

@Suite struct GradientClippingTests {
    @Test func clipsAsPyTorchDoes() {
        let goldens = OptimizerGoldens.all
        let pool = WorkerPool(threadCount: 1)
        for golden in goldens.clipping {
            let gradients = FloatSlice(goldens.gradients[golden.step])
            let clipping = GradientClipping(
                maximumNorm: golden.maximum_norm, parameterCount: gradients.count)
            let norm = clipping.clip(gradients, pool: pool)
            // PyTorch's norm is of norms, in float32.
            assertClose([norm], [golden.norm], relative: 3e-7)
            assertClose(gradients.array, golden.clipped, relative: 5e-7, absolute: 0)
        }
        #expect(goldens.clipping.count == 4)
    }

    @Test func theNumberOfThreadsChangesNoBit() {
        var random = SeededGenerator(seed: 2)
        let values = random.floats(100_003)
        var results: [[Float]] = []
        var norms: [Double] = []
        for threadCount in [1, 2, 5] {
            let gradients = FloatSlice(values)
            let clipping = GradientClipping(maximumNorm: 1, parameterCount: values.count)
            norms.append(clipping.clip(gradients, pool: WorkerPool(threadCount: threadCount)))
            results.append(gradients.array)
        }
        #expect(Set(norms).count == 1 && Set(results).count == 1)
        assertClose([squaredNorm(of: FloatSlice(results[0])).squareRoot()], [1], relative: 1e-6)
    }

    @Test func gradientsWithinTheLimitStayAsTheyAre() {
        let values: [Float] = [0.3, -0.4]
        let gradients = FloatSlice(values)
        let clipping = GradientClipping(maximumNorm: 0.6, parameterCount: 2)
        let norm = clipping.clip(gradients, pool: WorkerPool(threadCount: 1))
        assertClose([norm], [0.5], relative: 1e-7)
        #expect(gradients.array == values)
    }

    @Test func aNaNComesThrough() {
        let gradients = FloatSlice([1, .nan, 2])
        let clipping = GradientClipping(maximumNorm: 1, parameterCount: 3)
        #expect(clipping.clip(gradients, pool: WorkerPool(threadCount: 1)).isNaN)
        let allNaN = gradients.array.allSatisfy { $0.isNaN }
        #expect(allNaN)
    }
}
