import Foundation
import Testing

@testable import DigitPipeline
@testable import Training

@Suite struct ModelChecksTests {
    private func result(accuracy: Double?) -> TrainingResult {
        let epoch = accuracy.map {
            EpochRecord(
                epoch: 1, trainLoss: 1, trainAccuracy: 1, validationLoss: 1, validationAccuracy: $0,
                learningRate: 1, elapsedSeconds: 1, imagesPerSecond: 1, isBest: true)
        }
        return TrainingResult(
            history: [epoch].compactMap(\.self), bestEpoch: epoch?.epoch, ending: .completed,
            plan: ConvolutionPlan(["conv1": .im2col]), elapsedSeconds: 1)
    }

    @Test func aModelThatHasLearnedPasses() throws {
        let checks = ModelChecks.all(
            SmallData.model(), result(accuracy: 0.5), try SmallData.prepared())
        #expect(checks.failed.isEmpty && checks.count == 3)
    }

    @Test func weightsThatAreNotFiniteAreNamed() throws {
        let model = SmallData.model()
        var values = model.network.parameterValues.array
        values[0] = .nan
        model.network.parameterValues.update(from: values)
        let check = try ModelChecks.all(model, result(accuracy: 0.5), try SmallData.prepared())
            .named("finite weights")
        #expect(!check.passed && check.severity == .blocking)
        #expect(check.evidence["not_finite"] == .texts(["conv1.weight"]))
    }

    @Test func outputsOfOtherClassesThanTheDatasFail() throws {
        var config = SmallData.model().config
        config.network.classCount = 3
        let model = try ConfiguredNetwork(
            config: config, inputHeight: SmallData.side, inputWidth: SmallData.side,
            pool: SmallData.model().network.pool)
        let checks = ModelChecks.all(model, result(accuracy: 0.5), try SmallData.prepared())
        #expect(checks.failed == ["output shape"])
    }

    /// A quarter of the images is of each class.
    @Test(arguments: [(0.25, true), (0.26, false), (nil, true)])
    func guessingIsToldFromLearning(accuracy: Double?, isGuessing: Bool) throws {
        let checks = ModelChecks.all(
            SmallData.model(), result(accuracy: accuracy), try SmallData.prepared())
        #expect(checks.failed == (isGuessing ? ["better than guessing"] : []))
        #expect(try checks.named("better than guessing").severity == .warning)
    }
}
