import Kernels
import LinearAlgebra

/// Runs a model over a set in evaluation mode.
public enum Evaluator {
    /// Softmax probabilities of every sample, `[N, K]`, in the set's order.
    public static func probabilities(_ model: DigitCNN, _ samples: ImageSamples) -> [Float] {
        probabilities(model, count: samples.count, load: samples.load)
    }

    /// Softmax probabilities of `count` samples, `[N, K]`, that the caller makes.
    ///
    /// - Parameter load: writes the normalised image of a sample, `[H, W]`; called from any thread.
    public static func probabilities(
        _ model: DigitCNN, count: Int, load: (_ sample: Int, _ input: FloatSlice) -> Void
    ) -> [Float] {
        let classCount = model.config.classCount
        let result = FloatBuffer(count: count * classCount).all
        model.network.evaluate(sampleCount: count) { chunk, inputs in
            let size = inputs.count / chunk.count
            for index in 0..<chunk.count {
                load(chunk.start + index, inputs.slice(index * size, count: size))
            }
        } consume: { chunk, logits in
            softmaxRows(logits, classCount: classCount)
            result.slice(chunk.start * classCount, count: logits.count).update(from: logits)
        }
        return result.array
    }

    /// Logits of every sample, `[N, K]`, in the set's order.
    public static func logits(_ model: DigitCNN, _ samples: ImageSamples) -> [Float] {
        let classCount = model.config.classCount
        let result = FloatBuffer(count: samples.count * classCount).all
        model.network.evaluate(sampleCount: samples.count) { chunk, inputs in
            load(samples, chunk, into: inputs)
        } consume: { chunk, logits in
            result.slice(chunk.start * classCount, count: logits.count).update(from: logits)
        }
        return result.array
    }

    /// Mean cross-entropy (without label smoothing) and accuracy over the samples.
    public static func lossAndAccuracy(
        _ model: DigitCNN, _ samples: ImageSamples
    ) -> (loss: Double, accuracy: Double) {
        let plan = BatchPlan(sampleCount: max(samples.count, 1))
        let totals = ChunkTotals(chunkCount: plan.chunkCount)
        let loss = SoftmaxCrossEntropy(classCount: model.config.classCount)
        model.network.evaluate(sampleCount: samples.count) { chunk, inputs in
            load(samples, chunk, into: inputs)
        } consume: { chunk, logits in
            totals.set(chunk, loss.total(logits, chunk, samples.label))
        }
        let sum = totals.sum(plan)
        return (sum.loss / Double(samples.count), sum.correct / Double(samples.count))
    }

    private static func load(_ samples: ImageSamples, _ chunk: Chunk, into inputs: FloatSlice) {
        let size = samples.height * samples.width
        for index in 0..<chunk.count {
            samples.load(chunk.start + index, into: inputs.slice(index * size, count: size))
        }
    }
}

/// Loss and correct answers of each chunk of a batch, summed in the order of the chunks.
///
/// Workers write to different chunks' places.
final class ChunkTotals: @unchecked Sendable {
    private let losses: DoubleBuffer
    private let corrects: DoubleBuffer

    init(chunkCount: Int) {
        losses = DoubleBuffer(count: chunkCount)
        corrects = DoubleBuffer(count: chunkCount)
    }

    func set(_ chunk: Chunk, _ totals: (loss: Double, correct: Double)) {
        losses[chunk.index] = totals.loss
        corrects[chunk.index] = totals.correct
    }

    func sum(_ plan: BatchPlan) -> (loss: Double, correct: Double) {
        var (loss, correct) = (0.0, 0.0)
        for index in 0..<plan.chunkCount {
            loss += losses[index]
            correct += corrects[index]
        }
        return (loss, correct)
    }
}

extension SoftmaxCrossEntropy {
    /// Sums over a chunk; with `gradient`, also writes the mean loss's gradient.
    func total(
        _ logits: FloatSlice, _ chunk: Chunk, _ label: (Int) -> Int, gradient: FloatSlice? = nil,
        scale: Double = 0
    ) -> (loss: Double, correct: Double) {
        var (loss, correct) = (0.0, 0.0)
        for index in 0..<chunk.count {
            let result = evaluate(
                logits.slice(index * classCount, count: classCount),
                label: label(chunk.start + index),
                gradient: gradient?.slice(index * classCount, count: classCount), scale: scale)
            loss += result.loss
            correct += result.isCorrect ? 1 : 0
        }
        return (loss, correct)
    }
}
