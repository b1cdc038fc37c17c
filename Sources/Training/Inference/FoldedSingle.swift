import Kernels
import LinearAlgebra

/// Few images through a folded network, one at a time, on several threads.
///
/// Threads on cores far apart wait long for what another one wrote, so barriers are few and they hand
/// over little. Up to conv2's pooled map each has a band of rows, whose border rows of conv1 it
/// computes itself; from there on each has channels of the output, and then features of the
/// first fully connected layer:
///
///     rows of conv1 and conv2 ┃ channels of conv3 and features ┃ fc1 ┃ the rest
///
/// Every element is summed in the order of the batches' path, so the outputs are the same bits.
///
/// It takes networks of that form: a 5×5 stem, two Winograd convolutions, the first of them pooled, an
/// adaptive pool and fully connected layers.
final class FoldedSingle {
    /// A chunk's, `[BatchPlan.chunkSize, H, W]` and `[BatchPlan.chunkSize, K]`.
    let inputs: FloatSlice
    let outputs: FloatSlice
    private let path: SinglePath
    private let pool: WorkerPool
    private let bands: [FoldedBand]
    /// Conv3's bordered input, that all bands write rows of.
    private let map: FloatSlice
    private let thirds: [FoldedChannels]
    private let features: FloatSlice
    private let hidden: [FloatSlice]
    private var sample = 0
    private var jobs: [(run: (Int, Int) -> Void, parts: Int)] = []

    init(_ path: SinglePath, pool: WorkerPool) {
        self.path = path
        self.pool = pool
        inputs = FloatBuffer(count: BatchPlan.chunkSize * path.inputCount).all
        outputs = FloatBuffer(count: BatchPlan.chunkSize * path.outputCount).all
        let (second, third) = (path.second.geometry, path.third.geometry)
        bands = FoldedSingle.parts(of: second.tileRows, pool).map { FoldedBand($0, path) }
        map = FloatBuffer(count: third.inputCount).all
        let multiple = ImageView.channelMultiple
        thirds = FoldedSingle.parts(of: third.outputs / multiple, pool).map {
            FoldedChannels($0.lowerBound * multiple..<$0.upperBound * multiple, path)
        }
        features = FloatBuffer(count: path.pool.outputShape.count).all
        hidden = path.linears.map { FloatBuffer(count: $0.outputCount).all }
        jobs = makeJobs()
    }

    /// `count` units in as many shares as can be worked on at once.
    private static func parts(of count: Int, _ pool: WorkerPool) -> [Range<Int>] {
        let parts = min(pool.threadCount, count)
        return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
    }

    private func makeJobs() -> [(run: (Int, Int) -> Void, parts: Int)] {
        let panels = FoldedSingle.parts(of: path.linears[0].panelCount, pool)
        return [
            ({ [unowned self] part, _ in bands[part].forward(input, into: map) }, bands.count),
            ({ [unowned self] part, _ in thirds[part].forward(map, into: features) }, thirds.count),
            (
                { [unowned self] part, _ in
                    path.linears[0].forward(
                        features, rows: 1, stride: features.count, into: hidden[0],
                        panels: panels[part])
                }, panels.count
            ),
        ]
    }

    private var input: FloatSlice {
        inputs.slice(sample * path.inputCount, count: path.inputCount)
    }

    /// Computes one sample's outputs from its inputs.
    func forward(_ sample: Int) {
        self.sample = sample
        for job in jobs { pool.runKept(job.run, chunkCount: job.parts) }
        var x = hidden[0]
        for index in 1..<path.linears.count {
            path.linears[index].forward(x, rows: 1, stride: x.count, into: hidden[index])
            x = hidden[index]
        }
        outputs.slice(sample * path.outputCount, count: path.outputCount).update(
            from: x.slice(0, count: path.outputCount))
    }
}

/// Some rows of conv2's tiles: from the image to their rows of conv2's pooled map.
private final class FoldedBand {
    private let tileRows: Range<Int>
    private let path: SinglePath
    private let geometry: WinogradGeometry
    private let image: FloatSlice
    /// Some rows of conv1.
    private let rows: FloatSlice
    /// Conv2's input and output, whole images of which only the band's rows are used.
    private let input: FloatSlice
    private let output: FloatSlice
    private let transformedInputs: FloatSlice
    private let transformedOutputs: FloatSlice

    /// Rows of conv1's pooled output made at a time: their four times larger input stays in the
    /// first-level cache.
    private static let pooledRows = 4

    init(_ tileRows: Range<Int>, _ path: SinglePath) {
        self.tileRows = tileRows
        self.path = path
        geometry = path.second.geometry
        let direct = path.stem.direct
        image = FloatBuffer(count: direct.imageCount).all
        rows = FloatBuffer(count: 2 * FoldedBand.pooledRows * direct.width * direct.channels).all
        input = FloatBuffer(count: geometry.inputCount).all
        output = FloatBuffer(count: geometry.outputCount).all
        let count = geometry.kernel.tileElementCount
        transformedInputs = FloatBuffer(count: count * geometry.inputStep).all
        transformedOutputs = FloatBuffer(count: count * geometry.outputStep).all
    }

    /// - Parameters:
    ///   - pixels: the network's input, `[H, W]`.
    ///   - map: conv3's bordered input, of which the band's rows are written.
    func forward(_ pixels: FloatSlice, into map: FloatSlice) {
        path.stem.direct.copy(pixels, into: image)
        convolveDirectly()
        convolve()
        let tile = geometry.kernel.outputTile
        let first = tileRows.lowerBound * tile
        let end = min(tileRows.upperBound * tile, geometry.height)
        biasReluImage(
            geometry.output(output).rows(first, count: end - first),
            bias: path.second.convolution.bias, pooled: true,
            into: path.third.geometry.interior(map).rows(
                first / 2, count: end / 2 - first / 2))
    }

    /// The pooled rows of conv1 that the band's tiles read.
    private func convolveDirectly() {
        let direct = path.stem.direct
        let convolution = path.stem.convolution
        let (tile, border) = (geometry.kernel.outputTile, geometry.kernel.kernelSize / 2)
        let target = geometry.interior(input)
        let end = min(tileRows.upperBound * tile + border, target.height)
        var row = max(0, tileRows.lowerBound * tile - border)
        while row < end {
            let count = min(FoldedBand.pooledRows, end - row)
            let pair = ImageView(
                rows, height: 2 * count, width: direct.width, channels: direct.channels)
            direct.convolve(
                image, firstRow: 2 * row, weights: convolution.weights, into: pair)
            biasReluImage(
                pair, bias: convolution.bias, pooled: true, into: target.rows(row, count: count))
            row += count
        }
    }

    private func convolve() {
        let first = tileRows.lowerBound * geometry.kernel.outputTile
        geometry.kernel.transformInput(
            input.dropFirst(first * geometry.inputWidth * geometry.inputs),
            geometry.inputGrid(tileRows: tileRows.count), into: transformedInputs)
        smallGemm(
            transformedInputs, path.second.weights.transformed, into: transformedOutputs,
            geometry.products(tiles: tileRows.count * geometry.tileColumns, geometry.outputs))
        geometry.kernel.transformOutput(
            transformedOutputs, geometry.outputGrid(tileRows: tileRows.count),
            into: output.dropFirst(first * geometry.outputWidth * geometry.outputs))
    }
}

/// Some channels of conv3's output, and their features.
private final class FoldedChannels {
    private let channels: Range<Int>
    private let path: SinglePath
    private let geometry: WinogradGeometry
    private let transformedInputs: FloatSlice
    private let transformedOutputs: FloatSlice
    /// With a place for all channels, of which the part's are used.
    private let output: FloatSlice
    private let map: FloatSlice
    private let pooled: FloatSlice

    init(_ channels: Range<Int>, _ path: SinglePath) {
        self.channels = channels
        self.path = path
        geometry = path.third.geometry
        let count = geometry.kernel.tileElementCount
        transformedInputs = FloatBuffer(count: count * geometry.inputStep).all
        transformedOutputs = FloatBuffer(count: count * geometry.outputStep).all
        output = FloatBuffer(count: geometry.outputCount).all
        map = FloatBuffer(count: geometry.height * geometry.width * channels.count).all
        pooled = FloatBuffer(count: path.pool.outputShape.pixels * channels.count).all
    }

    /// - Parameter input: bordered, all channels.
    func forward(_ input: FloatSlice, into features: FloatSlice) {
        let first = channels.lowerBound
        geometry.kernel.transformInput(input, geometry.inputGrid, into: transformedInputs)
        smallGemm(
            transformedInputs, path.third.weights.transformed.dropFirst(first),
            into: transformedOutputs.dropFirst(first),
            geometry.products(tiles: geometry.tiles, channels.count))
        geometry.kernel.transformOutput(
            transformedOutputs.dropFirst(first), geometry.outputGrid(channels.count),
            into: output.dropFirst(first))
        pool(into: features)
    }

    private func pool(into features: FloatSlice) {
        let shape = path.pool.outputShape
        biasReluImage(
            geometry.output(output).channels(channels),
            bias: path.third.convolution.bias.slice(channels.lowerBound, count: channels.count),
            pooled: false,
            into: ImageView(
                map, height: geometry.height, width: geometry.width, channels: channels.count))
        adaptiveAveragePool(
            map,
            SampleShape(
                height: geometry.height, width: geometry.width, channels: channels.count),
            into: pooled,
            SampleShape(height: shape.height, width: shape.width, channels: channels.count))
        let count = min(channels.upperBound, shape.channels) - channels.lowerBound
        guard count > 0 else { return }
        copyRows(
            pooled, rows: shape.pixels, columns: count, stride: channels.count,
            into: features.dropFirst(channels.lowerBound), stride: shape.channels)
    }
}

/// The blocks that a single image's path can be made of.
struct SinglePathParts {
    var pool: (pool: AdaptiveAvgPool2d, block: any FoldedBlock, features: FoldedValues)?
    var linears: [(linear: FoldedLinear, x: FoldedValues, y: FoldedValues)] = []
}

/// The blocks of a folded graph of the form that a single image's path needs, in order.
struct SinglePath {
    let stem: FoldedStem
    let second: FoldedWinograd
    let third: FoldedWinograd
    let pool: AdaptiveAvgPool2d
    let linears: [FoldedLinear]
    let inputCount: Int
    let outputCount: Int

    /// - Returns: nil for a graph of another form.
    init?(_ parts: SinglePathParts, images: FoldedValues, outputs: FoldedValues) {
        guard let (pool, block, features) = parts.pool, let third = block as? FoldedWinograd,
            let second = third.input as? FoldedWinograd, let stem = second.input as? FoldedStem,
            stem.tail.isRectified, second.isPlain(pooled: true), third.isPlain(pooled: false),
            second.geometry.kernel.outputTile % 2 == 0, !parts.linears.isEmpty
        else { return nil }
        var x = features
        for linear in parts.linears {
            guard linear.x === x else { return nil }
            x = linear.y
        }
        guard x === outputs else { return nil }
        self.stem = stem
        self.second = second
        self.third = third
        self.pool = pool
        linears = parts.linears.map(\.linear)
        inputCount = images.shape.count
        outputCount = outputs.shape.count
    }
}

extension FoldedWinograd {
    /// Whether height and width stay, and nothing but ReLU and perhaps a pool follows.
    fileprivate func isPlain(pooled: Bool) -> Bool {
        tail.isRectified && tail.other == nil && tail.isPooled == pooled
            && geometry.padding == geometry.kernel.kernelSize / 2
    }
}

extension WinogradGeometry {
    /// The products of some transformed tiles with the weights of `n` of the outputs.
    fileprivate func products(tiles: Int, _ n: Int) -> SmallGemmShape {
        SmallGemmShape(
            count: kernel.tileElementCount, m: tiles, n: n, k: inputs, aRow: inputs, bRow: outputs,
            cRow: outputs, aStep: inputStep, bStep: weightStep, cStep: outputStep)
    }
}

extension FloatSlice {
    /// All but the first `count` floats.
    fileprivate func dropFirst(_ count: Int) -> FloatSlice {
        slice(count, count: self.count - count)
    }
}
