import LinearAlgebra
import TestSupport
import Testing

@testable import Training

@Suite struct WeightAverageTests {
    @Test func averagesAsPyTorchDoes() {
        let goldens = OptimizerGoldens.all
        for golden in goldens.averages {
            let count = goldens.parameters.count
            let average = WeightAverage(parameterCount: count, decay: golden.decay)
            for (step, expected) in golden.values_after.enumerated() {
                average.beginUpdate()
                let model = FloatSlice(goldens.gradients[step])
                for range in [0..<5, 5..<count] { average.update(from: model, range: range) }
                assertClose(
                    average.values.array, expected, relative: 1e-6, absolute: 1e-7,
                    "decay \(golden.decay), update \(step)")
            }
            #expect(average.updateCount == 20)
        }
        #expect(goldens.averages.count == 2)
    }

    @Test func theFirstUpdateCopies() {
        let average = WeightAverage(parameterCount: 3, decay: 0.999)
        average.beginUpdate()
        average.update(from: FloatSlice([1, -2, 3]), range: 0..<3)
        #expect(average.values.array == [1, -2, 3])
    }
}
