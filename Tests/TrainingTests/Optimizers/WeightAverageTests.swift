import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Training

@Suite struct WeightAverageTests {
    /// diffusers' `EMAModel`.
    private struct Goldens: Decodable {
        struct Average: Decodable {
            let decay: Double
            let decays: [Double]
            let values_after: [[Float]]
        }

        let steps: [[Float]]
        let averages: [Average]
    }

    private let goldens: Goldens

    init() throws {
        goldens = try JSONDecoder().decode(
            Goldens.self, from: Data(contentsOf: goldenFile("averages.json")))
    }

    @Test func warmsUpAsDiffusersDoes() {
        let count = goldens.steps[0].count
        for golden in goldens.averages {
            let model = FloatSlice(goldens.steps[0])
            let average = WeightAverage(
                parameterCount: count, statistics: [model], decay: golden.decay)
            for (step, expected) in golden.values_after.enumerated() {
                model.update(from: FloatSlice(goldens.steps[step]))
                average.beginUpdate()
                for range in [0..<5, 5..<count] { average.update(from: model, range: range) }
                #expect(
                    abs(average.decay(atUpdate: step + 1) - golden.decays[step]) < 1e-15,
                    "decay \(golden.decay), update \(step + 1)")
                for values in [average.values, average.statistics] {
                    assertClose(
                        values.array, expected, relative: 1e-6, absolute: 1e-6,
                        "decay \(golden.decay), update \(step)")
                }
            }
            #expect(average.updateCount == 20)
        }
        #expect(goldens.averages.count == 2)
    }

    /// The rule of trainings that an earlier version began.
    @Test func averagesAsPyTorchDoesWithoutWarmup() {
        let goldens = OptimizerGoldens.all
        for golden in goldens.averages {
            let count = goldens.parameters.count
            let average = WeightAverage(
                parameterCount: count, decay: golden.decay, rule: .constant)
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

    @Test(arguments: [WeightAverage.Rule.warmedUp, .constant])
    func theFirstUpdateCopies(_ rule: WeightAverage.Rule) {
        let average = WeightAverage(parameterCount: 3, decay: 0.999, rule: rule)
        average.beginUpdate()
        average.update(from: FloatSlice([1, -2, 3]), range: 0..<3)
        #expect(average.values.array == [1, -2, 3])
    }

    /// Running statistics go with the weights that they are of; the old rule leaves the model's own.
    @Test func statisticsAreReplacedWithTheWeights() {
        for (rule, expected) in [
            (WeightAverage.Rule.warmedUp, [Float](repeating: 4, count: 2)), (.constant, [8, 8]),
        ] {
            let (statistics, parameters) = (FloatSlice([4, 4]), FloatSlice([1, 1, 1]))
            let average = WeightAverage(
                parameterCount: 3, statistics: [statistics], decay: 0.9, rule: rule)
            average.beginUpdate()
            average.update(from: parameters, range: 0..<3)
            statistics.fill(8)
            parameters.fill(5)
            average.replace(parameters)
            #expect(parameters.array == [1, 1, 1])
            #expect(statistics.array == expected, "\(rule)")
        }
    }
}
