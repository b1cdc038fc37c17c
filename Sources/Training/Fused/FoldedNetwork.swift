import Kernels
import LinearAlgebra

/// A `DigitCNN` for inference: batch norm folded into the convolutions, ReLU and pools in the passes
/// between them, weights kept transformed for Winograd's algorithm.
///
/// It is a copy: `fold` takes the parameters as they are, and later changes don't show.
final class FoldedNetwork {
    let convolutions: [FoldedConvolution]
    let direct: Direct5
    let geometries: [WinogradGeometry]
    let transformedWeights: [WinogradWeights]
    let pool: AdaptiveAvgPool2d
    let linears: [FoldedLinear]
    let inputCount: Int
    let outputCount: Int
    let sections: SectionClock
    private var workspaces: [FoldedWorkspace] = []

    /// - Returns: nil where the plan calls for the layers themselves.
    init?(_ layers: [any Layer], _ plan: ConvolutionPlan, workerCount: Int) {
        let found = layers.compactMap { $0 as? Conv2d }
        let norms = layers.compactMap { $0 as? BatchNorm2d }
        guard plan.conv1 == .direct, let tile2 = plan.conv2.outputTile,
            let tile3 = plan.conv3.outputTile, found.count == 3,
            let pool = layers.compactMap({ $0 as? AdaptiveAvgPool2d }).first
        else { return nil }
        convolutions = found.enumerated().map { index, convolution in
            FoldedConvolution(
                convolution, norm: norms.isEmpty ? nil : norms[index], padsInputs: index > 0)
        }
        let input = found[0].geometry.input
        direct = Direct5(
            height: input.height, width: input.width, channels: convolutions[0].bias.count)
        geometries = [
            WinogradGeometry(found[1].geometry, outputTile: tile2),
            WinogradGeometry(found[2].geometry, outputTile: tile3),
        ]
        transformedWeights = geometries.map { WinogradWeights($0, trains: false) }
        self.pool = pool
        linears = layers.enumerated().compactMap { index, layer in
            guard let layer = layer as? Linear else { return nil }
            return FoldedLinear(
                layer, isFollowedByReLU: index + 1 < layers.count && layers[index + 1] is ReLU)
        }
        inputCount = input.count
        outputCount = layers.last!.outputShape.count
        sections = SectionClock(
            FoldedPart.costs(geometries, inputCount: inputCount, direct, linears),
            workerCount: workerCount)
        workspaces = (0..<workerCount).map { _ in FoldedWorkspace(self) }
    }

    /// Takes the parameters and running statistics as they are now.
    func fold() {
        for convolution in convolutions { convolution.fold() }
        for (index, weights) in transformedWeights.enumerated() {
            for task in 0..<weights.taskCount {
                weights.prepare(task, from: convolutions[index + 1].weights)
            }
        }
        for linear in linears { linear.fold() }
    }

    /// Where a worker's inputs go, `[BatchPlan.chunkSize, H, W]`.
    func inputs(worker: Int) -> FloatSlice { workspaces[worker].inputs }

    /// Outputs of the worker's inputs, `[count, K]`; valid until its next call.
    func forward(count: Int, worker: Int) -> FloatSlice {
        workspaces[worker].forward(self, count: count, worker: worker)
    }

    @inline(__always)
    fileprivate func measure(
        _ part: FoldedPart, _ samples: Int, _ worker: Int, _ body: () -> Void
    ) {
        sections.measure(part.rawValue, samples: Double(samples), worker: worker, body)
    }
}

/// The parts of a folded pass whose times are told apart.
private enum FoldedPart: Int, CaseIterable {
    case first, secondProducts, second, thirdProducts, third, connected

    private var title: String {
        switch self {
        case .first: "conv1, pool, conv2's transformed tiles"
        case .secondProducts: "conv2 products"
        case .second: "conv2 output, pool, conv3's transformed tiles"
        case .thirdProducts: "conv3 products"
        case .third: "conv3 output, average pool"
        case .connected: "fully connected layers"
        }
    }

    static func costs(
        _ geometries: [WinogradGeometry], inputCount: Int, _ direct: Direct5,
        _ linears: [FoldedLinear]
    ) -> [SectionCost] {
        let connected = linears.reduce(0.0) { $0 + Double($1.weightCount) }
        return allCases.map { part in
            var cost = SectionCost(name: part.title)
            switch part {
            case .first: cost.flopsPerSample = 50 * Double(inputCount * direct.channels)
            case .secondProducts: cost.addProducts(geometries[0])
            case .thirdProducts: cost.addProducts(geometries[1])
            case .connected:
                cost.flopsPerSample = 2 * connected
                cost.bytesPerCall = 4 * connected
            case .second, .third: break
            }
            return cost
        }
    }
}

extension SectionCost {
    fileprivate mutating func addProducts(_ geometry: WinogradGeometry) {
        let elements = Double(geometry.kernel.tileElementCount)
        let places = Double(geometry.neededElementCount)
        let (inputs, outputs) = (Double(geometry.inputs), Double(geometry.outputs))
        flopsPerSample = 2 * places * inputs * outputs
        bytesPerSample = 4 * places * (inputs + outputs)
        bytesPerCall = 4 * elements * inputs * outputs
    }
}

/// A worker's memory for a chunk of samples, and the way through the network.
private final class FoldedWorkspace {
    let inputs: FloatSlice
    private let image: FloatSlice
    private let rows: FloatSlice
    private let first: WinogradWorkspace
    private let second: WinogradWorkspace
    private let map: ImageView
    private let pooled: FloatSlice
    private let features: FloatSlice
    private let hidden: [FloatSlice]
    private let outputs: FloatSlice

    init(_ network: FoldedNetwork) {
        let size = BatchPlan.chunkSize
        inputs = FloatBuffer(count: size * network.inputCount).all
        image = FloatBuffer(count: network.direct.imageCount).all
        rows = FloatBuffer(count: 2 * network.direct.width * network.direct.channels).all
        first = WinogradWorkspace(network.geometries[0], trains: false)
        second = WinogradWorkspace(network.geometries[1], trains: false)
        let last = network.geometries[1]
        map = ImageView(
            FloatBuffer(count: last.height * last.width * last.outputs).all, height: last.height,
            width: last.width, channels: last.outputs)
        let pool = network.pool
        pooled = FloatBuffer(count: pool.outputShape.pixels * last.outputs).all
        features = FloatBuffer(count: size * pool.outputShape.count).all
        hidden = network.linears.map { FloatBuffer(count: size * $0.outputCount).all }
        outputs = FloatBuffer(count: size * network.outputCount).all
    }

    func forward(_ network: FoldedNetwork, count: Int, worker: Int) -> FloatSlice {
        let (inner, outer) = (network.geometries[0], network.geometries[1])
        for start in stride(from: 0, to: count, by: outer.samplesPerBlock) {
            let block = min(outer.samplesPerBlock, count - start)
            second.begin(samples: block)
            for inside in stride(from: 0, to: block, by: inner.samplesPerBlock) {
                let samples = min(inner.samplesPerBlock, block - inside)
                convolve(network, start + inside, samples, blockPlace: inside, worker)
            }
            network.measure(.thirdProducts, block, worker) {
                second.multiply(by: network.transformedWeights[1])
            }
            network.measure(.third, block, worker) {
                for sample in 0..<block { pool(network, sample, into: start + sample) }
            }
        }
        network.measure(.connected, count, worker) { connect(network, count) }
        return outputs.slice(0, count: count * network.outputCount)
    }

    /// The first two convolutions of some samples; their maps go to the third one's block.
    private func convolve(
        _ network: FoldedNetwork, _ start: Int, _ samples: Int, blockPlace: Int, _ worker: Int
    ) {
        first.begin(samples: samples)
        network.measure(.first, samples, worker) {
            for sample in 0..<samples {
                network.direct.copy(
                    inputs.slice((start + sample) * network.inputCount, count: network.inputCount),
                    into: image)
                first.loadInput(sample) { convolveDirectly(network, into: $0) }
            }
        }
        network.measure(.secondProducts, samples, worker) {
            first.multiply(by: network.transformedWeights[0])
        }
        network.measure(.second, samples, worker) {
            for sample in 0..<samples {
                let output = first.output(sample)
                second.loadInput(blockPlace + sample) {
                    biasReluImage(
                        output, bias: network.convolutions[1].bias, pooled: true, into: $0)
                }
            }
        }
    }

    /// Two rows at a time, pooled to one.
    private func convolveDirectly(_ network: FoldedNetwork, into target: ImageView) {
        let direct = network.direct
        let pair = ImageView(rows, height: 2, width: direct.width, channels: direct.channels)
        for row in 0..<target.height {
            direct.convolve(
                image, firstRow: 2 * row, weights: network.convolutions[0].weights, into: pair)
            biasReluImage(
                pair, bias: network.convolutions[0].bias, pooled: true,
                into: target.rows(row, count: 1))
        }
    }

    private func pool(_ network: FoldedNetwork, _ sample: Int, into place: Int) {
        biasReluImage(
            second.output(sample), bias: network.convolutions[2].bias, pooled: false, into: map)
        let shape = network.pool.outputShape
        adaptiveAveragePool(
            map.values,
            SampleShape(height: map.height, width: map.width, channels: map.channels),
            into: pooled,
            SampleShape(height: shape.height, width: shape.width, channels: map.channels))
        copyRows(
            pooled, rows: shape.pixels, columns: shape.channels, stride: map.channels,
            into: features.sample(place, shape), stride: shape.channels)
    }

    private func connect(_ network: FoldedNetwork, _ count: Int) {
        var (x, stride) = (features, network.pool.outputShape.count)
        for (index, linear) in network.linears.enumerated() {
            linear.forward(x, rows: count, stride: stride, into: hidden[index])
            (x, stride) = (hidden[index], linear.outputCount)
        }
        copyRows(
            x, rows: count, columns: network.outputCount, stride: stride, into: outputs,
            stride: network.outputCount)
    }
}
