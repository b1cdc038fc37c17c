import Kernels
import LinearAlgebra

/// How long a convolution's stage takes with one algorithm, in microseconds a sample on one thread.
///
/// The stage is the convolution and what can be computed along with it, such as batch norm, ReLU
/// and a pool: what an algorithm saves or costs there is part of what it takes.
public struct ConvolutionTiming: Codable, Sendable, Equatable {
    /// PyTorch's name of the layer, such as `conv2`.
    public let layer: String
    public let algorithm: ConvolutionAlgorithm
    public let forward: Double
    /// The gradients, and what is done to the weights before a step. The first convolution has none
    /// in the images, which nobody asks for.
    public let backward: Double

    public var total: Double { forward + backward }
}

extension ConvolutionTiming {
    /// Times every algorithm that fits each convolution of a network, on the calling thread.
    ///
    /// - Parameter seconds: about how long training steps of each candidate are repeated; the
    ///   fastest
    ///   counts.
    /// - Throws: `NetworkDescriptionError`.
    public static func measure(
        _ network: NetworkDescription, seconds: Double = 0.06
    ) throws -> [ConvolutionTiming] {
        measure(try network.graph(), seconds: seconds)
    }

    static func measure(_ graph: NetworkGraph, seconds: Double = 0.06) -> [ConvolutionTiming] {
        let planner = NetworkPlanner(graph)
        return graph.nodes.flatMap { node -> [ConvolutionTiming] in
            guard case .convolution = node.operation else { return [] }
            let stage = ConvolutionStage(node, planner)
            return ConvolutionAlgorithm.allCases.filter { planner.fits($0, node) }.map {
                stage.time($0, seconds: seconds)
            }
        }
    }
}

/// A convolution and what is computed along with it, as a network of their own.
private struct ConvolutionStage {
    private let name: String
    private let description: NetworkDescription
    private let graph: NetworkGraph

    /// Several groups of chunks, as batches mostly have: what is done once a step or a group counts
    /// as much as it does there.
    private static let sampleCount = 8 * BatchPlan.chunkSize

    init(_ convolution: NetworkGraph.Node, _ planner: NetworkPlanner) {
        name = convolution.name
        let nodes = planner.widestStage(of: convolution).map { planner.graph.nodes[$0] }
        let before: [LayerDescription] =
            convolution.inputs[0] == .input ? [] : [.gradientWanted]
        description = NetworkDescription(
            input: convolution.inputShape, before + nodes.compactMap(\.asLayer))
        do { graph = try description.graph() } catch {
            preconditionFailure("\(name): \(error), in a network that has it")
        }
    }

    /// The fastest of many training steps.
    func time(_ algorithm: ConvolutionAlgorithm, seconds: Double) -> ConvolutionTiming {
        let network = Network(
            graph, description, seed: 1,
            plan: ConvolutionPlan([name: algorithm], isLayerByLayer: algorithm == .im2col),
            pool: WorkerPool(threadCount: 1))
        graph.initialize(network, seed: 1)
        network.planTraining(sampleCount: Self.sampleCount)
        network.profiling = true
        let batch = NoiseBatch(network, sampleCount: Self.sampleCount)
        // The first one warms up.
        _ = step(network, batch)
        var best = step(network, batch)
        let watch = Stopwatch()
        while watch.seconds < seconds {
            let next = step(network, batch)
            if next.forward + next.backward < best.forward + best.backward { best = next }
        }
        let scale = 1e6 / Double(Self.sampleCount)
        return ConvolutionTiming(
            layer: name, algorithm: algorithm, forward: best.forward * scale,
            backward: best.backward * scale)
    }

    /// Seconds of a step, without those that its batch takes.
    private func step(_ network: Network, _ batch: NoiseBatch) -> (
        forward: Double, backward: Double
    ) {
        let watch = Stopwatch()
        network.trainingPass(sampleCount: Self.sampleCount, step: 1, batch: batch)
        let all = watch.seconds
        var (forward, others) = (0.0, 0.0)
        for section in network.takeProfile() {
            if section.name == "load batch" || section.name == "loss" {
                others += section.seconds
            } else if section.name.contains("forward") || section.name.hasSuffix("statistics") {
                forward += section.seconds
            }
        }
        return (forward, all - others - forward)
    }
}

extension NetworkPlanner {
    /// A convolution and what most of its algorithms compute along with it.
    fileprivate func widestStage(of convolution: NetworkGraph.Node) -> [Int] {
        let stages = ConvolutionAlgorithm.allCases.filter { fits($0, convolution) }.map {
            nodes(of: stage(of: convolution, $0))
        }
        return stages.max { $0.count < $1.count }!
    }

    private func stage(
        of convolution: NetworkGraph.Node, _ algorithm: ConvolutionAlgorithm
    ) -> Stage {
        stages(ConvolutionPlan([convolution.name: algorithm])).first {
            nodes(of: $0).contains(convolution.index)
        }!
    }
}

extension NetworkGraph.Node {
    /// The layer that it comes from; nil for an addition, which has no other operand here, and
    /// costs the same whatever the algorithm.
    fileprivate var asLayer: LayerDescription? {
        let kind: LayerDescription.Kind? =
            switch operation {
            case .convolution(_, let convolution): .convolution(convolution)
            case .batchNorm(let norm): .batchNorm(norm)
            case .activation(let activation): .activation(activation)
            case .maxPool(let pooling): .maxPool(pooling)
            case .dropout2d(let rate, _): .dropout2d(rate: rate)
            default: nil
            }
        return kind.map { LayerDescription($0, name: name) }
    }
}

extension LayerDescription {
    /// Does nothing, but has the gradient in its output computed as if layers with weights came
    /// before.
    fileprivate static let gradientWanted = LayerDescription.custom(
        "(gradient wanted)", "GradientWanted"
    ) { name, shape in GradientWanted(name, shape) }
}

private final class GradientWanted: Layer {
    let inputShape: SampleShape
    var outputShape: SampleShape { inputShape }
    let parameters: [Parameter]
    var memoryUse: MemoryUse { .inPlace }
    var backwardReads: BackwardReads { [] }
    var inPlaceEffect: InPlaceEffect { .keepsValues }

    init(_ name: String, _ shape: SampleShape) {
        inputShape = shape
        parameters = [Parameter(name: "\(name).wanted", layout: .plain([1]))]
    }

    func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        precondition(x.pointer == y.pointer, "the only reader of the input runs in place")
    }

    func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {}

    func flops(_ phase: LayerPhase, isFirst: Bool) -> Double { 0 }
}

/// Times don't depend on values, as long as they are ordinary ones.
private final class NoiseBatch: TrainingBatch {
    private let inputs: FloatSlice
    private let gradients: FloatSlice

    init(_ network: Network, sampleCount: Int) {
        inputs = Self.noise(sampleCount * network.inputShape.count)
        gradients = Self.noise(sampleCount * network.outputShape.count)
    }

    func load(_ chunk: Chunk, into inputs: FloatSlice) {
        let size = inputs.count / chunk.count
        inputs.update(from: self.inputs.slice(chunk.start * size, count: inputs.count))
    }

    func loss(_ chunk: Chunk, outputs: FloatSlice, gradient: FloatSlice) {
        let size = outputs.count / chunk.count
        gradient.update(from: gradients.slice(chunk.start * size, count: outputs.count))
    }

    private static func noise(_ count: Int) -> FloatSlice {
        let values = FloatBuffer(count: count).all
        let random = Philox(key: 1)
        for block in 0..<(count + 3) / 4 {
            let draws = random.uniform(SIMD4(UInt32(block), 0, 0, 0))
            for lane in 0..<min(4, count - block * 4) {
                values[block * 4 + lane] = draws[lane] - 0.5
            }
        }
        return values
    }
}
