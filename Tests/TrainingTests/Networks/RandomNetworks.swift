import Kernels
import LinearAlgebra
import TestSupport

@testable import Training

/// Draws networks: patterns that the planner fuses, in all sizes and orders, and layers between them that
/// it doesn't.
struct RandomNetworks {
    private var random: SeededGenerator
    /// Of the image drawn so far.
    private var shape = SampleShape(features: 1)
    /// Upper bound of an image's floats, for the tests' time.
    private let largestSample = 6_000
    private let dropoutRate: Double

    /// - Parameter dropoutRate: of dropout layers; those of zero do nothing, and are there.
    init(seed: UInt64, dropoutRate: Double = 0.3) {
        random = SeededGenerator(seed: seed)
        self.dropoutRate = dropoutRate
    }

    mutating func draw() -> NetworkDescription {
        let input = SampleShape(
            height: pick([1, 4, 5, 7, 8, 9, 12, 16]), width: pick([1, 4, 6, 7, 8, 11, 16]),
            channels: pick([1, 1, 2, 3, 5, 16, 17]))
        shape = input
        var layers: [LayerDescription] = []
        for number in 0..<pick([1, 2, 3, 4]) {
            layers += chance(0.1) ? [.sequence("part\(number)", block())] : block()
        }
        if chance(0.6) { layers += adaptivePool() }
        layers.append(.flatten)
        for _ in 0..<pick([0, 1, 2]) { layers += hiddenLayer() }
        layers.append(
            .linear(
                pick([1, 3, 10, 32]), bias: chance(0.8), initialization: initialization()))
        return NetworkDescription(input: input, layers)
    }

    /// A fully connected layer with what may follow it.
    private mutating func hiddenLayer() -> [LayerDescription] {
        let outputs = pick([7, 32, 64, 33])
        shape = SampleShape(features: outputs)
        var layers: [LayerDescription] = [
            .linear(outputs, initialization: initialization())
        ]
        if chance(0.4) { layers.append(chance(0.7) ? batchNorm() : sampleNorm()) }
        layers.append(activation())
        if chance(0.3) { layers.append(.dropout(dropoutRate)) }
        return layers
    }

    // MARK: - Parts

    /// Some layers that work on images.
    private mutating func block() -> [LayerDescription] {
        switch pick([0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7]) {
        case 0: return convolution() + tail()
        case 1: return [residual()] + (chance(0.7) ? [.relu] : [])
        case 2: return [concat()]
        case 3: return depthwise() + tail() + pointwise() + tail()
        case 4: return chance(0.4) ? pool() : otherPool()
        case 5: return chance(0.5) ? [norm(), activation()] : [.dropout2d(dropoutRate)]
        case 6: return adaptivePool()
        default: return [activation(), .dropout(dropoutRate)]
        }
    }

    private mutating func convolution() -> [LayerDescription] {
        if chance(0.4) {
            let size = pick([3, 5])
            let padding = pick([size / 2, size / 2, 0, 1])
            if let layer = convolution(
                kernel: HeightWidth(size), padding: HeightWidth(padding), channels: channels())
            {
                return [layer]
            }
        }
        let kernel = HeightWidth(height: pick([1, 1, 2, 3, 5]), width: pick([1, 1, 2, 3, 4]))
        let groups = chance(0.15) && shape.channels % 2 == 0 ? 2 : 1
        let layer = convolution(
            kernel: kernel,
            stride: HeightWidth(height: pick([1, 1, 2]), width: pick([1, 1, 2, 3])),
            // A window beside a single column sees zeros alone, and its output is constant.
            padding: HeightWidth(
                height: shape.height > 1 ? pick([0, 1]) : 0,
                width: shape.width > 1 ? pick([0, 1, 2]) : 0),
            dilation: HeightWidth(height: pick([1, 1, 2]), width: pick([1, 1, 2])), groups: groups,
            channels: channels() * groups)
        return layer.map { [$0] } ?? []
    }

    private mutating func convolution(
        kernel: HeightWidth, stride: HeightWidth = 1, padding: HeightWidth = 0,
        dilation: HeightWidth = 1, groups: Int = 1, channels: Int
    ) -> LayerDescription? {
        guard
            let output = ConvolutionGeometry.output(
                input: shape, outputChannels: channels, kernel: kernel, stride: stride,
                padding: padding, dilation: dilation, groups: groups),
            output.count <= largestSample
        else { return nil }
        shape = output
        return .conv2d(
            channels, kernel: kernel, stride: stride, padding: padding, dilation: dilation,
            groups: groups, bias: chance(0.6), initialization: initialization())
    }

    private mutating func pointwise() -> [LayerDescription] {
        convolution(kernel: 1, stride: pick([1, 1, 2]), channels: channels()).map { [$0] } ?? []
    }

    private mutating func depthwise() -> [LayerDescription] {
        let (kernel, stride) = (pick([3, 3, 5]), pick([1, 1, 2]))
        let multiplier = chance(0.2) ? 2 : 1
        guard
            let output = ConvolutionGeometry.output(
                input: shape, outputChannels: shape.channels * multiplier,
                kernel: HeightWidth(kernel), stride: HeightWidth(stride), padding: 1,
                groups: shape.channels), output.count <= largestSample
        else { return [] }
        shape = output
        return [
            .depthwiseConv2d(
                multiplier: multiplier, kernel: HeightWidth(kernel), stride: HeightWidth(stride),
                padding: 1, bias: chance(0.5), initialization: initialization())
        ]
    }

    /// What may follow a convolution.
    private mutating func tail() -> [LayerDescription] {
        var layers: [LayerDescription] = []
        if chance(0.65) { layers.append(chance(0.85) ? batchNorm() : sampleNorm()) }
        if chance(0.2) { layers += pool() }
        if chance(0.8) { layers.append(chance(0.7) ? .relu : activation()) }
        if chance(0.45) { layers += chance(0.75) ? pool() : otherPool() }
        if chance(0.2) { layers.append(.dropout2d(dropoutRate)) }
        return layers
    }

    private mutating func pool() -> [LayerDescription] {
        guard shape.height >= 2 && shape.width >= 2 else { return [] }
        shape = SampleShape(
            height: shape.height / 2, width: shape.width / 2, channels: shape.channels)
        return [.maxPool(2)]
    }

    /// Windows that overlap, are padded, aren't square; of maxima or means.
    private mutating func otherPool() -> [LayerDescription] {
        let kernel = HeightWidth(height: pick([1, 2, 3, 3]), width: pick([2, 3, 3]))
        let stride = HeightWidth(height: pick([1, 2, 2, 3]), width: pick([1, 2, 2]))
        let padding = HeightWidth(
            height: pick([0, kernel.height / 2]), width: pick([0, kernel.width / 2]))
        guard shape.height >= kernel.height && shape.width >= kernel.width else { return [] }
        shape = SampleShape(
            height: (shape.height + 2 * padding.height - kernel.height) / stride.height + 1,
            width: (shape.width + 2 * padding.width - kernel.width) / stride.width + 1,
            channels: shape.channels)
        guard chance(0.5) else { return [.averagePool(kernel, stride: stride, padding: padding)] }
        return [.maxPool(kernel, stride: stride, padding: padding)]
    }

    private mutating func adaptivePool() -> [LayerDescription] {
        let size =
            chance(0.25) ? 1 : HeightWidth(height: pick([1, 2, 3]), width: pick([1, 2, 3]))
        shape = SampleShape(height: size.height, width: size.width, channels: shape.channels)
        return [.adaptiveAveragePool(size)]
    }

    private mutating func norm() -> LayerDescription { chance(0.6) ? batchNorm() : sampleNorm() }

    private mutating func batchNorm() -> LayerDescription {
        chance(0.8) ? .batchNorm() : .batchNorm(epsilon: 1e-3, momentum: 0.3)
    }

    /// Of a sample by itself: nothing is left of a few values that are normalised, so of those it
    /// is batch norm.
    private mutating func sampleNorm() -> LayerDescription {
        let groups = [8, 4, 3, 2, 1].filter {
            shape.channels % $0 == 0 && shape.count / $0 >= 6
        }
        guard !groups.isEmpty else { return batchNorm() }
        return chance(0.5) ? .layerNorm() : .groupNorm(groups: pick(groups))
    }

    /// A body that keeps the shape, or changes it together with the shortcut.
    private mutating func residual() -> LayerDescription {
        let start = shape
        let (stride, width) = (pick([1, 1, 2]), pick([start.channels, start.channels, 16, 32]))
        func body(_ channels: Int) -> [LayerDescription] {
            [
                .conv2d(channels, kernel: 3, stride: HeightWidth(stride), padding: 1, bias: false),
                .batchNorm(), .relu, .conv2d(channels, kernel: 3, padding: 1), .batchNorm(),
            ]
        }
        if stride == 1 && width == start.channels {
            let isNested = chance(0.2)
            return .residual(
                isNested
                    ? [.residual(body(width))] + [.relu]
                    : Array(body(width).dropLast(pick([0, 1]))))
        }
        shape = ConvolutionGeometry.output(
            input: start, outputChannels: width, kernel: 3, stride: HeightWidth(stride), padding: 1)!
        let projection: [LayerDescription] =
            [.conv2d(width, kernel: 1, stride: HeightWidth(stride), bias: false)]
            + (chance(0.7) ? [.batchNorm()] : [])
        if chance(0.15) { return .add([body(width), projection, projection]) }
        return chance(0.3)
            ? .add([projection, body(width)]) : .residual(body(width), shortcut: projection)
    }

    private mutating func concat() -> LayerDescription {
        let start = shape
        let (left, right) = (channels(), channels())
        let isDense = chance(0.5)
        shape = SampleShape(
            height: start.height, width: start.width,
            channels: left + (isDense ? start.channels : right))
        return .concat([
            [.conv2d(left, kernel: 3, padding: 1), .batchNorm(), .relu],
            isDense ? [] : [.conv2d(right, kernel: 1), .relu],
        ])
    }

    private mutating func activation() -> LayerDescription {
        pick([
            .relu, .relu, .leakyReLU(), .leakyReLU(slope: 0.2), .gelu,
            LayerDescription(.activation(.geluTanh)), .silu, .sigmoid, .tanh,
        ])
    }

    /// Of any kind but those that make everything zero or alike.
    private mutating func initialization() -> Initialization {
        pick([
            .standard, .standard, .standard, .kaimingUniform(), .kaimingNormal(fan: .output),
            .xavierUniform(gain: 1.5), .xavierNormal(), .orthogonal(),
        ])
    }

    private mutating func channels() -> Int { pick([1, 3, 8, 16, 18, 32, 33]) }

    private mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int(random.next() % UInt64(values.count))]
    }

    private mutating func chance(_ probability: Double) -> Bool {
        Double(random.next() % 1_000_000) < probability * 1_000_000
    }
}

/// Given inputs as one batch, with the loss Σ outputs · r.
final class LinearLossBatch: TrainingBatch {
    let outputs: FloatSlice
    private let inputs: FloatSlice
    private let upstream: FloatSlice

    init(_ network: Network, _ inputs: [Float], upstream: [Float]) {
        self.inputs = FloatSlice(inputs)
        self.upstream = FloatSlice(upstream)
        outputs = FloatSlice([Float](repeating: 0, count: upstream.count))
    }

    func load(_ chunk: Chunk, into target: FloatSlice) {
        let size = target.count / chunk.count
        target.update(from: inputs.slice(chunk.start * size, count: target.count))
    }

    func loss(_ chunk: Chunk, outputs: FloatSlice, gradient: FloatSlice) {
        let size = outputs.count / chunk.count
        self.outputs.slice(chunk.start * size, count: outputs.count).update(from: outputs)
        gradient.update(from: upstream.slice(chunk.start * size, count: outputs.count))
    }
}
