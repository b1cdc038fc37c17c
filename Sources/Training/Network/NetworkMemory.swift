import Kernels
import LinearAlgebra

/// The activations and gradients of a training step, and the order in which layers run.
///
/// Boundary i lies before layer i; boundary `layers.count` holds the outputs.
final class TrainingMemory {
    struct GradientTask {
        let layer: Int
        let task: Int
    }

    let sampleCount: Int
    /// Runs of layers without a barrier between them.
    let segments: [Range<Int>]
    let statisticsLayers: [(any BatchStatisticsLayer)?]
    let gradientTasks: [GradientTask]
    private let shapes: [SampleShape]
    private let activations: [FloatSlice]
    private let gradients: [FloatSlice]

    /// - Parameter inputGradient: whether the gradient in the first layer's input is wanted.
    init(_ layers: [any Layer], sampleCount: Int, inputGradient: Bool = false) {
        self.sampleCount = sampleCount
        shapes = [layers[0].inputShape] + layers.map(\.outputShape)
        statisticsLayers = layers.map { $0 as? any BatchStatisticsLayer }
        segments = TrainingMemory.segments(statisticsLayers)
        gradientTasks = layers.indices.flatMap { layer in
            (0..<layers[layer].gradientTaskCount).map { GradientTask(layer: layer, task: $0) }
        }
        activations = TrainingMemory.planActivations(layers, shapes, sampleCount)
        gradients = TrainingMemory.planGradients(
            layers, shapes, sampleCount, activations, inputGradient)
    }

    private static func segments(_ layers: [(any BatchStatisticsLayer)?]) -> [Range<Int>] {
        let cuts = [0] + layers.indices.filter { layers[$0] != nil } + [layers.count]
        return zip(cuts, cuts.dropFirst()).map { $0..<$1 }
    }

    private static func planActivations(
        _ layers: [any Layer], _ shapes: [SampleShape], _ sampleCount: Int
    ) -> [FloatSlice] {
        var result = [FloatBuffer(count: sampleCount * shapes[0].count).all]
        for (index, layer) in layers.enumerated() {
            result.append(
                layer.memoryUse == .inPlace
                    ? result[index] : FloatBuffer(count: sampleCount * shapes[index + 1].count).all)
        }
        return result
    }

    private static func planGradients(
        _ layers: [any Layer], _ shapes: [SampleShape], _ sampleCount: Int,
        _ activations: [FloatSlice], _ inputGradient: Bool
    ) -> [FloatSlice] {
        // From the outputs back: what a layer writes depends on what it is handed.
        var reversed = [FloatBuffer(count: sampleCount * shapes[layers.count].count).all]
        for index in layers.indices.reversed() {
            switch layers[index].memoryUse {
            case .inPlace: reversed.append(reversed.last!)
            case .gradientOverInput: reversed.append(activations[index])
            case .separate:
                let isWanted = index > 0 || inputGradient
                let count = isWanted ? sampleCount * shapes[index].count : 0
                reversed.append(FloatBuffer(count: count).all)
            }
        }
        return reversed.reversed()
    }

    func activation(_ boundary: Int, _ chunk: Chunk) -> FloatSlice {
        activations[boundary].samples(of: chunk, shapes[boundary])
    }

    func gradient(_ boundary: Int, _ chunk: Chunk) -> FloatSlice {
        gradients[boundary].samples(of: chunk, shapes[boundary])
    }

    func activation(_ boundary: Int, of plan: BatchPlan) -> FloatSlice {
        activations[boundary].slice(0, count: plan.sampleCount * shapes[boundary].count)
    }

    func gradient(_ boundary: Int, of plan: BatchPlan) -> FloatSlice {
        gradients[boundary].slice(0, count: plan.sampleCount * shapes[boundary].count)
    }
}

/// A chunk's activations for each worker: evaluation keeps nothing for later.
final class EvaluationMemory {
    private let shapes: [SampleShape]
    private let activations: [[FloatSlice]]

    init(_ layers: [any Layer], workerCount: Int) {
        let shapes = [layers[0].inputShape] + layers.map(\.outputShape)
        self.shapes = shapes
        activations = (0..<workerCount).map { _ in
            var result = [FloatBuffer(count: BatchPlan.chunkSize * shapes[0].count).all]
            for (index, layer) in layers.enumerated() {
                result.append(
                    layer.memoryUse == .inPlace
                        ? result[index]
                        : FloatBuffer(count: BatchPlan.chunkSize * shapes[index + 1].count).all)
            }
            return result
        }
    }

    func activation(_ boundary: Int, _ pass: Pass) -> FloatSlice {
        activations[pass.worker][boundary].slice(
            0, count: pass.chunk.count * shapes[boundary].count)
    }
}
