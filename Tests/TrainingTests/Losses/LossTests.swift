import LinearAlgebra
import TestSupport
import Testing

@testable import Training

@Suite struct LossTests {
    private static let losses: [any Loss] = [
        SoftmaxCrossEntropy(classCount: 3, labelSmoothing: 0.1, classWeights: [0.5, 2, 1]),
        SoftmaxCrossEntropy(classCount: 3), BinaryCrossEntropy(positiveWeights: [2, 0.5, 1]),
        MeanSquaredError(), Huber(delta: 0.7),
    ]

    /// A central difference of the loss is the gradient.
    @Test func gradientsAreTheLosssSlopes() {
        var random = SeededGenerator(seed: 11)
        for loss in Self.losses {
            let outputs = FloatSlice(random.floats(3))
            let target =
                loss is SoftmaxCrossEntropy
                ? Target.label(1) : .values(FloatSlice([0.25, 1, 0.5]))
            let gradient = FloatBuffer(count: 3).all
            _ = loss.value(outputs, target: target, gradient: gradient, scale: 0.5)
            let step: Float = 1.0 / 256
            for index in 0..<3 {
                func value(_ shift: Float) -> Double {
                    let moved = FloatSlice(outputs.array)
                    moved[index] += shift
                    return loss.value(moved, target: target, gradient: nil, scale: 0)
                }
                let slope = (value(step) - value(-step)) / (2 * Double(step))
                #expect(
                    abs(slope * 0.5 - Double(gradient[index])) < 1e-4, "\(loss.record) \(index)")
            }
        }
    }

    @Test func whatDoesNotFitIsSaid() throws {
        func problem(_ loss: any Loss, _ outputs: Int, _ targets: TargetKind) throws -> String {
            try #require(loss.problem(outputCount: outputs, targets: targets))
        }
        let softmax = SoftmaxCrossEntropy(classCount: 4)
        #expect(try problem(softmax, 3, .labels).contains("4 classes, the network has 3 outputs"))
        #expect(try problem(softmax, 4, .values(count: 4)).contains("takes labels"))
        #expect(softmax.problem(outputCount: 4, targets: .labels) == nil)
        #expect(softmax.problem(target: .label(4))?.contains("label 4") == true)
        let binary = BinaryCrossEntropy()
        #expect(binary.problem(outputCount: 1, targets: .labels) == nil)
        #expect(try problem(binary, 2, .labels).contains("labels"))
        #expect(binary.problem(target: .label(2))?.contains("label 2") == true)
        #expect(binary.problem(target: .values(FloatSlice([0, 1.5])))?.contains("1.5") == true)
        #expect(
            try problem(BinaryCrossEntropy(positiveWeights: [1, 2]), 3, .values(count: 3))
                .contains("2 positive weights"))
        for loss: any Loss in [MeanSquaredError(), Huber()] {
            #expect(loss.problem(outputCount: 2, targets: .values(count: 2)) == nil)
            #expect(try problem(loss, 2, .values(count: 1)).contains("1 values a sample"))
            #expect(try problem(loss, 1, .labels).contains("the samples have labels"))
        }
    }

    /// Two trainings with other settings are two trainings.
    @Test func eachSettingIsInTheRecord() {
        let pairs: [(any Loss, any Loss)] = [
            (SoftmaxCrossEntropy(classCount: 3), SoftmaxCrossEntropy(classCount: 4)),
            (
                SoftmaxCrossEntropy(classCount: 3),
                SoftmaxCrossEntropy(classCount: 3, labelSmoothing: 0.1)
            ),
            (
                SoftmaxCrossEntropy(classCount: 2, classWeights: [1, 2]),
                SoftmaxCrossEntropy(classCount: 2, classWeights: [1, 1])
            ),
            (BinaryCrossEntropy(), BinaryCrossEntropy(positiveWeight: 2)),
            (Huber(delta: 1), Huber(delta: 2)), (MeanSquaredError(), Huber()),
        ]
        for (one, other) in pairs { #expect(one.record != other.record) }
        #expect("\(Huber(delta: 0.5).record)" == "huber (delta 0.5)")
    }

    @Test func validationLeavesSmoothingOut() {
        let loss = SoftmaxCrossEntropy(classCount: 2, labelSmoothing: 0.2, classWeights: [1, 3])
        #expect(
            loss.forValidation.record
                == SoftmaxCrossEntropy(classCount: 2, classWeights: [1, 3]).record)
        #expect(Huber(delta: 2).forValidation.record == Huber(delta: 2).record)
    }

    @Test func metricsAreMeansOverSamples() {
        let outputs = FloatSlice([3, 1, -2, 4, 0, -1])
        let targets: [Target] = [.label(0), .label(0), .label(0)]
        func value(_ metric: TrainingMetric, _ targets: [Target]) -> Double {
            metric.value(
                sum: metric.sum(outputs, count: 3, target: { targets[$0] }), count: 3)
        }
        #expect(value(.accuracy, targets) == 2.0 / 3)
        let zeros = [Target](repeating: .values(FloatSlice([0, 0])), count: 3)
        #expect(value(.meanAbsoluteError, zeros) == 11.0 / 6)
        #expect(value(.rootMeanSquaredError, zeros) == (31.0 / 6).squareRoot())
        let ones = [Target](repeating: .values(FloatSlice([1, 0])), count: 3)
        #expect(value(.binaryAccuracy, ones) == 2.0 / 6)
        let largest = TrainingMetric("largest") { outputs, _ in Double(outputs.array.max()!) }
        #expect(value(largest, targets) == 7.0 / 3)
    }
}
