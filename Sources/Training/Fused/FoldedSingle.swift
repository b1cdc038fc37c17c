import Kernels
import LinearAlgebra

/// Few images through a folded network, one at a time, on several threads.
///
/// Each convolution's work is cut by channels of its output: what a thread makes of them it can
/// pool, and turn into the next convolution's frequencies, without waiting for the others.
///
///     conv1 and its frequencies ┃ conv2 and its frequencies ┃ conv3 and features ┃ fc1 ┃ the rest
///
/// Every element is summed in the order of the batches' path, so the outputs are the same bits.
final class FoldedSingle {
    /// A chunk's, `[BatchPlan.chunkSize, H, W]` and `[BatchPlan.chunkSize, K]`.
    let inputs: FloatSlice
    let outputs: FloatSlice
    private let network: FoldedNetwork
    private let pool: WorkerPool
    private let image: FloatSlice
    private let stages: [Stage]
    private let features: FloatSlice
    private let hidden: [FloatSlice]
    /// By worker: two rows of conv1, a map of conv3 and its pooled form.
    private let scratch: [FloatSlice]
    private var jobs: [(run: (Int, Int) -> Void, parts: Int)] = []

    /// Rows of conv1's pooled output made at a time: their four times larger input stays in the
    /// first-level cache.
    private static let pooledRows = 4

    /// The memory of a Winograd convolution of one image.
    private struct Stage {
        let geometry: WinogradGeometry
        let input: FloatSlice
        let output: FloatSlice
        let inputFrequencies: FloatSlice
        let outputFrequencies: FloatSlice

        init(_ geometry: WinogradGeometry) {
            self.geometry = geometry
            input = FloatBuffer(count: geometry.inputCount).all
            output = FloatBuffer(count: geometry.outputCount).all
            let count = geometry.kernel.frequencyCount
            inputFrequencies = FloatBuffer(count: count * geometry.inputStep).all
            outputFrequencies = FloatBuffer(count: count * geometry.outputStep).all
        }
    }

    init(_ network: FoldedNetwork, pool: WorkerPool) {
        self.network = network
        self.pool = pool
        inputs = FloatBuffer(count: BatchPlan.chunkSize * network.inputCount).all
        outputs = FloatBuffer(count: BatchPlan.chunkSize * network.outputCount).all
        image = FloatBuffer(count: network.direct.imageCount).all
        stages = network.geometries.map(Stage.init)
        features = FloatBuffer(count: network.pool.outputShape.count).all
        hidden = network.linears.map { FloatBuffer(count: $0.outputCount).all }
        let last = network.geometries[1]
        let scratchCount = max(
            2 * FoldedSingle.pooledRows * network.direct.width * network.direct.channels,
            (last.height * last.width + network.pool.outputShape.pixels) * last.outputs)
        scratch = (0..<pool.threadCount).map { _ in FloatBuffer(count: scratchCount).all }
        jobs = makeJobs()
    }

    private func makeJobs() -> [(run: (Int, Int) -> Void, parts: Int)] {
        let channelCounts = [
            network.direct.channels, stages[0].geometry.outputs, stages[1].geometry.outputs,
        ]
        let steps: [(Range<Int>, Int) -> Void] = [
            { [unowned self] in convolveDirectly($0, worker: $1) },
            { [unowned self] channels, _ in convolve(channels) },
            { [unowned self] in convolveLast($0, worker: $1) },
        ]
        let multiple = ImageView.channelMultiple
        let convolutions = zip(steps, channelCounts).map { step, count in
            makeJob(of: count / multiple) { groups, worker in
                step(groups.lowerBound * multiple..<groups.upperBound * multiple, worker)
            }
        }
        let connected = makeJob(of: network.linears[0].panelCount) { [unowned self] panels, _ in
            network.linears[0].forward(
                features, rows: 1, stride: features.count, into: hidden[0], panels: panels)
        }
        return convolutions + [connected]
    }

    /// A job whose parts share `count` units evenly.
    private func makeJob(
        of count: Int, _ step: @escaping (Range<Int>, Int) -> Void
    ) -> (run: (Int, Int) -> Void, parts: Int) {
        let parts = min(pool.threadCount, count)
        return (
            { part, worker in
                step(count * part / parts..<count * (part + 1) / parts, worker)
            }, parts
        )
    }

    /// Computes one sample's outputs from its inputs.
    func forward(_ sample: Int) {
        network.direct.copy(
            inputs.slice(sample * network.inputCount, count: network.inputCount), into: image)
        for job in jobs { pool.runKept(job.run, chunkCount: job.parts) }
        var x = hidden[0]
        for index in 1..<network.linears.count {
            network.linears[index].forward(
                x, rows: 1, stride: x.count, into: hidden[index])
            x = hidden[index]
        }
        outputs.slice(sample * network.outputCount, count: network.outputCount).update(
            from: x.slice(0, count: network.outputCount))
    }

    // MARK: - Parts

    private func convolveDirectly(_ channels: Range<Int>, worker: Int) {
        let direct = network.direct
        let convolution = network.convolutions[0]
        let target = stages[0].geometry.interior(stages[0].input).channels(channels)
        let bias = bias(0, channels)
        for row in stride(from: 0, to: target.height, by: FoldedSingle.pooledRows) {
            let count = min(FoldedSingle.pooledRows, target.height - row)
            let rows = ImageView(
                scratch[worker], height: 2 * count, width: direct.width, channels: channels.count)
            direct.convolve(
                image, firstRow: 2 * row, weights: convolution.weights,
                firstChannel: channels.lowerBound, into: rows)
            biasReluImage(rows, bias: bias, pooled: true, into: target.rows(row, count: count))
        }
        transformInput(stages[0], channels)
    }

    private func convolve(_ channels: Range<Int>) {
        let output = multiply(0, channels)
        let target = stages[1].geometry.interior(stages[1].input).channels(channels)
        biasReluImage(output, bias: bias(1, channels), pooled: true, into: target)
        transformInput(stages[1], channels)
    }

    private func convolveLast(_ channels: Range<Int>, worker: Int) {
        let output = multiply(1, channels)
        let shape = network.pool.outputShape
        let map = scratch[worker].slice(0, count: output.height * output.width * channels.count)
        let pooled = scratch[worker].slice(map.count, count: shape.pixels * channels.count)
        biasReluImage(
            output, bias: bias(2, channels), pooled: false,
            into: ImageView(
                map, height: output.height, width: output.width, channels: channels.count))
        adaptiveAveragePool(
            map, SampleShape(height: output.height, width: output.width, channels: channels.count),
            into: pooled,
            SampleShape(height: shape.height, width: shape.width, channels: channels.count))
        let count = min(channels.upperBound, shape.channels) - channels.lowerBound
        guard count > 0 else { return }
        copyRows(
            pooled, rows: shape.pixels, columns: count, stride: channels.count,
            into: features.dropFirst(channels.lowerBound), stride: shape.channels)
    }

    private func bias(_ index: Int, _ channels: Range<Int>) -> FloatSlice {
        network.convolutions[index].bias.slice(channels.lowerBound, count: channels.count)
    }

    private func transformInput(_ stage: Stage, _ channels: Range<Int>) {
        stage.geometry.kernel.transformInput(
            stage.input.dropFirst(channels.lowerBound), stage.geometry.inputGrid(channels.count),
            into: stage.inputFrequencies.dropFirst(channels.lowerBound))
    }

    /// The products and output of some channels.
    private func multiply(_ index: Int, _ channels: Range<Int>) -> ImageView {
        let stage = stages[index]
        let geometry = stage.geometry
        let first = channels.lowerBound
        let frequencies = stage.outputFrequencies.dropFirst(first)
        smallGemm(
            stage.inputFrequencies, network.frequencies[index].frequencies.dropFirst(first),
            into: frequencies,
            SmallGemmShape(
                count: geometry.kernel.frequencyCount, m: geometry.tiles, n: channels.count,
                k: geometry.inputs, aRow: geometry.inputs, bRow: geometry.outputs,
                cRow: geometry.outputs, aStep: geometry.inputStep, bStep: geometry.weightStep,
                cStep: geometry.outputStep))
        geometry.kernel.transformOutput(
            frequencies, geometry.outputGrid(channels.count), into: stage.output.dropFirst(first))
        return geometry.output(stage.output).channels(channels)
    }
}

extension FloatSlice {
    /// All but the first `count` floats.
    fileprivate func dropFirst(_ count: Int) -> FloatSlice {
        slice(count, count: self.count - count)
    }
}
