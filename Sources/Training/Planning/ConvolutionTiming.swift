import Kernels
import LinearAlgebra

/// How long one algorithm takes for one of a network's convolutions, in microseconds a sample on
/// one thread.
public struct ConvolutionTiming: Codable, Sendable, Equatable {
    /// PyTorch's name of the layer, such as `conv2`.
    public let layer: String
    public let algorithm: ConvolutionAlgorithm
    public let forward: Double
    /// 0 for the first convolution: nobody asks for the gradient in the images.
    public let dataGradient: Double
    /// With the transforms that both gradients need.
    public let weightGradient: Double

    public var total: Double { forward + dataGradient + weightGradient }

    enum CodingKeys: String, CodingKey {
        case layer, algorithm, forward
        case dataGradient = "data_gradient"
        case weightGradient = "weight_gradient"
    }
}

extension ConvolutionTiming {
    /// Times every algorithm that fits each convolution of a network, on the calling thread.
    ///
    /// - Parameter seconds: about how long each phase of each algorithm is repeated; the fastest
    ///   repetition counts.
    /// - Throws: `NetworkDescriptionError`.
    public static func measure(
        _ network: NetworkDescription, seconds: Double = 0.02
    ) throws -> [ConvolutionTiming] {
        measure(try network.graph(), seconds: seconds)
    }

    static func measure(_ graph: NetworkGraph, seconds: Double = 0.02) -> [ConvolutionTiming] {
        let timer = PhaseTimer(seconds: seconds)
        let planner = NetworkPlanner(graph)
        return graph.nodes.flatMap { node -> [ConvolutionTiming] in
            guard case .convolution(let geometry, let options) = node.operation else { return [] }
            let convolution = Conv2d(
                name: node.name, geometry: geometry, hasBias: options.hasBias)
            let isFirst = node.inputs[0] == .input
            return ConvolutionAlgorithm.allCases.filter { planner.fits($0, node) }.map {
                time($0, convolution, isFirst: isFirst, timer)
            }
        }
    }

    private static func time(
        _ algorithm: ConvolutionAlgorithm, _ convolution: Conv2d, isFirst: Bool, _ timer: PhaseTimer
    ) -> ConvolutionTiming {
        switch algorithm {
        case .im2col: im2col(convolution, isFirst: isFirst, timer)
        case .direct: direct(convolution, timer)
        case .winograd2, .winograd4: winograd(convolution, algorithm, timer)
        case .implicitGemm, .depthwise: block(convolution, algorithm, isFirst: isFirst, timer)
        }
    }

    /// A block between tensors, as a training pass runs it.
    private static func block(
        _ convolution: Conv2d, _ algorithm: ConvolutionAlgorithm, isFirst: Bool,
        _ timer: PhaseTimer
    ) -> ConvolutionTiming {
        let input = Tensor(convolution.inputShape, wantsGradient: !isFirst)
        let map = NormalizedMap(
            convolution.outputShape, bias: nil, tail: NormalizedMap.Tail(isRectified: false))
        let reader = MapSource.tensor(input).makeReader()
        let block: any TrainingOperation =
            algorithm == .depthwise
            ? DepthwiseBlock(convolution, title: "", from: reader, to: map)
            : ImplicitGemmBlock(convolution, title: "", from: reader, to: map)
        input.planValues(sampleCount: sampleCount)
        input.planGradient(sampleCount: sampleCount)
        block.plan(Capacity(sampleCount: sampleCount, workerCount: 1, trains: true))
        let pass = Pass(
            mode: .training, chunk: Chunk(index: 0, start: 0, count: sampleCount), worker: 0)
        block.beginStep()
        let forward = timer.time { block.forward(pass) }
        let backward = timer.time { block.backward(pass, isFirstOfGroup: true) }
        let weights = isFirst ? backward : backward / 2
        return make(convolution, algorithm, forward, backward - weights, weights)
    }

    private static let sampleCount = BatchPlan.chunkSize

    private static func im2col(
        _ convolution: Conv2d, isFirst: Bool, _ timer: PhaseTimer
    ) -> ConvolutionTiming {
        convolution.plan(Capacity(sampleCount: sampleCount, workerCount: 1, trains: true))
        let pass = Pass(
            mode: .training, chunk: Chunk(index: 0, start: 0, count: sampleCount), worker: 0)
        let x = noise(sampleCount * convolution.inputShape.count)
        let y = noise(sampleCount * convolution.outputShape.count)
        let dx = noise(x.count)
        let forward = timer.time { convolution.forward(x, into: y, pass) }
        let weights = timer.time { convolution.backward(x: x, y: y, dy: y, into: nil, pass) }
        let both =
            isFirst
            ? weights : timer.time { convolution.backward(x: x, y: y, dy: y, into: dx, pass) }
        return make(convolution, .im2col, forward, max(0, both - weights), weights)
    }

    private static func direct(_ convolution: Conv2d, _ timer: PhaseTimer) -> ConvolutionTiming {
        let shape = convolution.inputShape
        let channels = ImageView.padded(convolution.outputShape.channels)
        let direct = Direct5(height: shape.height, width: shape.width, channels: channels)
        let image = FloatBuffer(count: direct.imageCount).all
        direct.copy(noise(shape.pixels), into: image)
        let weights = noise(Direct5.taps * channels)
        let rows = ImageView(
            FloatBuffer(count: 2 * shape.width * channels).all, height: 2, width: shape.width,
            channels: channels)
        let g = noise(shape.height / 2 * (shape.width / 2) * channels)
        let argmax = ByteBuffer(count: g.count)
        let columns = FloatBuffer(count: direct.columnCount).all
        let forward = timer.time {
            for row in stride(from: 0, to: shape.height - 1, by: 2) {
                direct.convolve(image, firstRow: row, weights: weights, into: rows)
            }
        }
        let gradient = timer.time {
            direct.addPooledGradient(image, g: g, argmax: argmax, argmaxOffset: 0, to: weights)
            direct.addProducts(image, to: columns)
        }
        let count = Double(sampleCount)
        return make(convolution, .direct, forward * count, 0, gradient * count)
    }

    private static func winograd(
        _ convolution: Conv2d, _ algorithm: ConvolutionAlgorithm, _ timer: PhaseTimer
    ) -> ConvolutionTiming {
        let geometry = WinogradGeometry(
            convolution.geometry, outputTile: algorithm.outputTile!)
        let weights = WinogradWeights(geometry, trains: true)
        let padded = noise(geometry.weightCount)
        for task in 0..<weights.taskCount { weights.prepare(task, from: padded) }
        let workspace = WinogradWorkspace(geometry, trains: true)
        let block = geometry.samplesPerBlock
        workspace.begin(samples: block)
        let forward = timer.time {
            for sample in 0..<block { workspace.loadInput(sample) { _ in } }
            workspace.multiply(by: weights)
            for sample in 0..<block { _ = workspace.output(sample) }
        }
        let weightGradient = timer.time {
            for sample in 0..<block {
                workspace.loadOutputGradient(sample) { _ in }
                workspace.loadInput(sample) { _ in }
            }
            workspace.multiplyWeightGradient(accumulating: true)
        }
        let dataGradient = timer.time {
            workspace.multiplyDataGradient(by: weights)
            for sample in 0..<block { _ = workspace.inputGradient(sample) }
        }
        let blocks = Double(sampleCount) / Double(block)
        return make(
            convolution, algorithm, forward * blocks, dataGradient * blocks,
            weightGradient * blocks)
    }

    /// From seconds for `sampleCount` samples.
    private static func make(
        _ convolution: Conv2d, _ algorithm: ConvolutionAlgorithm, _ forward: Double,
        _ dataGradient: Double, _ weightGradient: Double
    ) -> ConvolutionTiming {
        let scale = 1e6 / Double(sampleCount)
        return ConvolutionTiming(
            layer: convolution.name, algorithm: algorithm, forward: forward * scale,
            dataGradient: dataGradient * scale, weightGradient: weightGradient * scale)
    }

    /// Times don't depend on values, as long as they are ordinary ones.
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

/// The fastest of many repetitions.
private struct PhaseTimer {
    let seconds: Double

    /// Seconds of the fastest call.
    func time(_ body: () -> Void) -> Double {
        body()
        var best = Double.infinity
        let all = Stopwatch()
        repeat {
            let one = Stopwatch()
            body()
            best = min(best, one.seconds)
        } while all.seconds < seconds
        return best
    }
}
