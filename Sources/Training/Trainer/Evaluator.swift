import Kernels
import LinearAlgebra

/// Runs a network over samples in evaluation mode.
public enum Evaluator {
    /// The loss and the metrics of a set.
    public struct Result: Sendable, Equatable {
        public let loss: Double
        /// By name.
        public let metrics: [String: Double]
    }

    /// Outputs of every sample, `[N, K]`, in order.
    public static func outputs(_ network: Network, _ samples: any SampleSource) -> [Float] {
        outputs(network, count: samples.count, load: loading(samples)) { _ in }
    }

    /// Softmax probabilities of every sample, `[N, K]`, in order.
    public static func probabilities(
        _ network: Network, _ samples: any SampleSource
    ) -> [Float] {
        probabilities(network, count: samples.count, load: loading(samples))
    }

    /// Softmax probabilities of `count` samples, `[N, K]`, that the caller makes.
    ///
    /// - Parameter load: writes the input of a sample, `[H, W, C]`; called from any thread.
    public static func probabilities(
        _ network: Network, count: Int, load: (_ sample: Int, _ input: FloatSlice) -> Void
    ) -> [Float] {
        let classCount = network.outputShape.count
        return outputs(network, count: count, load: load) {
            softmaxRows($0, classCount: classCount)
        }
    }

    /// The mean loss and the metrics over the samples.
    ///
    /// - Parameter metrics: the loss's own if nil.
    /// - Throws: `TrainingError` for no samples, for samples or outputs that the loss can't judge, and
    ///   where none of the samples counts in its mean.
    public static func measure(
        _ network: Network, _ samples: any SampleSource, loss: any Loss,
        metrics: [TrainingMetric]? = nil
    ) throws -> Result {
        try SampleCheck(set: "evaluated", network: network, loss: loss).check(samples)
        return measureChecked(network, samples, loss: loss, metrics: metrics)
    }

    /// The same of samples that were checked before.
    static func measureChecked(
        _ network: Network, _ samples: any SampleSource, loss: any Loss,
        metrics: [TrainingMetric]? = nil
    ) -> Result {
        let metrics = metrics ?? loss.metrics
        let measurement = OutputMeasurement(
            loss: loss, metrics: metrics, sampleCount: samples.count)
        network.evaluate(sampleCount: samples.count) { chunk, inputs in
            samples.load(count: chunk.count, epoch: nil, into: inputs) { chunk.start + $0 }
        } consume: { chunk, outputs in
            measurement.measure(
                chunk, outputs: outputs, target: { samples.target(chunk.start + $0) })
        }
        return result(measurement, samples, outputCount: network.outputShape.count)
    }

    private static func result(
        _ measurement: OutputMeasurement, _ samples: any SampleSource, outputCount: Int
    ) -> Result {
        let plan = BatchPlan(sampleCount: samples.count)
        var weight = 0.0
        for position in 0..<samples.count {
            weight += measurement.loss.weight(
                of: samples.target(position), outputCount: outputCount)
        }
        let values = measurement.metrics.enumerated().map { index, metric in
            (
                metric.name,
                metric.value(sum: measurement.sum(1 + index, plan), count: samples.count)
            )
        }
        return Result(
            loss: measurement.sum(0, plan) / weight,
            metrics: Dictionary(values, uniquingKeysWith: { $1 }))
    }

    /// Mean cross-entropy (without label smoothing) and accuracy over the samples.
    ///
    /// - Throws: as `measure`.
    public static func lossAndAccuracy(
        _ network: Network, _ samples: any SampleSource
    ) throws -> (loss: Double, accuracy: Double) {
        let result = try measure(
            network, samples, loss: SoftmaxCrossEntropy(classCount: network.outputShape.count),
            metrics: [.accuracy])
        return (result.loss, result.metrics[TrainingMetric.accuracy.name]!)
    }

    // MARK: - Steps

    private static func loading(
        _ samples: any SampleSource
    ) -> (_ sample: Int, _ input: FloatSlice) -> Void {
        { samples.load($0, epoch: nil, into: $1) }
    }

    /// - Parameter finish: may change a chunk's outputs, `[count, K]`; called on workers.
    private static func outputs(
        _ network: Network, count: Int, load: (_ sample: Int, _ input: FloatSlice) -> Void,
        finish: (FloatSlice) -> Void
    ) -> [Float] {
        let outputCount = network.outputShape.count
        let result = FloatBuffer(count: count * outputCount).all
        network.evaluate(sampleCount: count) { chunk, inputs in
            let size = inputs.count / chunk.count
            for index in 0..<chunk.count {
                load(chunk.start + index, inputs.slice(index * size, count: size))
            }
        } consume: { chunk, outputs in
            finish(outputs)
            result.slice(chunk.start * outputCount, count: outputs.count).update(from: outputs)
        }
        return result.array
    }
}

extension Evaluator {
    /// Softmax probabilities of every sample, `[N, K]`, in order.
    public static func probabilities(_ model: ConfiguredNetwork, _ samples: ImageSamples) -> [Float]
    {
        probabilities(model.network, samples)
    }

    /// Logits of every sample, `[N, K]`, in order.
    public static func logits(_ model: ConfiguredNetwork, _ samples: ImageSamples) -> [Float] {
        outputs(model.network, samples)
    }

    /// Mean cross-entropy (without label smoothing) and accuracy over the samples.
    ///
    /// - Throws: as `measure`.
    public static func lossAndAccuracy(
        _ model: ConfiguredNetwork, _ samples: ImageSamples
    ) throws -> (loss: Double, accuracy: Double) {
        try lossAndAccuracy(model.network, samples)
    }
}
