import LinearAlgebra
import TestSupport
import Testing

@testable import Training

/// Losses and their gradients against PyTorch's, computed in float64.
@Suite struct LossGoldenTests {
    private static let goldens = GoldenTensors("losses.safetensors")

    @Test(arguments: ["", "_smoothed", "_weighted", "_weighted_smoothed"])
    func softmaxCrossEntropy(_ suffix: String) {
        let name = "cross_entropy\(suffix)"
        let weights = "\(name).class_weights"
        let loss = SoftmaxCrossEntropy(
            classCount: Self.goldens.shape("\(name).outputs")[1],
            labelSmoothing: Self.goldens.doubles("\(name).label_smoothing")[0],
            classWeights: Self.goldens.has(weights) ? Self.goldens.doubles(weights) : nil)
        let labels = Self.goldens.integers("\(name).labels")
        check(name, loss) { .label(labels[$0]) }
    }

    @Test(arguments: ["", "_soft", "_large", "_weighted", "_weighted_outputs"])
    func binaryCrossEntropy(_ suffix: String) {
        let name = "binary\(suffix)"
        let weights = "\(name).positive_weights"
        let loss = BinaryCrossEntropy(
            positiveWeights: Self.goldens.has(weights) ? Self.goldens.doubles(weights) : [])
        check(name, loss, target: values(name))
        guard Self.goldens.shape("\(name).outputs")[1] == 1 else { return }
        let labels = Self.goldens.floats("\(name).targets").map { Int($0) }
        check(name, loss) { .label(labels[$0]) }
    }

    @Test func meanSquaredError() {
        check("squared", MeanSquaredError(), target: values("squared"))
    }

    @Test(arguments: ["huber", "huber_narrow"]) func huber(_ name: String) {
        let loss = Huber(delta: Self.goldens.doubles("\(name).delta")[0])
        check(name, loss, target: values(name))
    }

    private func values(_ name: String) -> (Int) -> Target {
        let targets = FloatSlice(Self.goldens.floats("\(name).targets"))
        let width = Self.goldens.shape("\(name).targets")[1]
        return { .values(targets.slice($0 * width, count: width)) }
    }

    /// The mean over chunks of eight and its gradient. Gradients are float32, losses float64.
    private func check(
        _ name: String, _ loss: any Loss, target: (Int) -> Target,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let shape = Self.goldens.shape("\(name).outputs")
        let (count, width) = (shape[0], shape[1])
        let outputs = FloatSlice(Self.goldens.floats("\(name).outputs"))
        let gradient = FloatBuffer(count: outputs.count).all
        gradient.fill(.nan)
        let weight = (0..<count).reduce(0) {
            $0 + loss.weight(of: target($1), outputCount: width)
        }
        var sum = 0.0
        let plan = BatchPlan(sampleCount: count)
        for chunk in (0..<plan.chunkCount).map(plan.chunk) {
            sum += loss.sum(
                outputs.slice(chunk.start * width, count: chunk.count * width),
                count: chunk.count, target: { target(chunk.start + $0) },
                gradient: gradient.slice(chunk.start * width, count: chunk.count * width),
                scale: 1 / weight)
        }
        assertClose(
            [sum / weight], Self.goldens.doubles("\(name).loss"), relative: 1e-12, "\(name)",
            sourceLocation: sourceLocation)
        assertClose(
            gradient.array, Self.goldens.doubles("\(name).outputs_grad").map(Float.init),
            relative: 1e-6, absolute: 1e-12, "\(name)", sourceLocation: sourceLocation)
    }
}
