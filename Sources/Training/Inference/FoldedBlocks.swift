import Kernels
import LinearAlgebra

/// What an operation of a folded network reads, sample by sample: an image in memory, or a convolution
/// that computes it on the way.
///
/// A reader first asks for some samples at once, then for each of them.
protocol FoldedSource: AnyObject {
    /// Samples that are worked on at once.
    var samplesPerBlock: Int { get }
    /// Of the values.
    var shape: SampleShape { get }

    /// Works on samples of the worker's chunk, at most `samplesPerBlock`, as far as they share work.
    func prepare(_ samples: Range<Int>, worker: Int)
    /// Writes one of the samples prepared last; channels beyond the shape's are zero, or left alone.
    func write(_ sample: Int, into image: ImageView, worker: Int)
}

extension FoldedSource {
    /// Calls `body` for each sample, prepared.
    @inline(__always)
    func forEachSample(_ samples: Range<Int>, worker: Int, _ body: (Int) -> Void) {
        var first = samples.lowerBound
        while first < samples.upperBound {
            let end = min(first + samplesPerBlock, samples.upperBound)
            prepare(first..<end, worker: worker)
            for sample in first..<end { body(sample) }
            first = end
        }
    }
}

/// A worker's chunk of values in memory.
final class FoldedValues: FoldedSource {
    let shape: SampleShape
    /// Floats of a pixel: the channels, or whole vectors of them.
    let channels: Int
    /// Floats from one sample to the next.
    let stride: Int
    private let memory: [FloatSlice]

    /// - Parameters:
    ///   - isPadded: whether channels lie in whole vectors.
    ///   - stride: the size of a sample if nil.
    init(_ shape: SampleShape, isPadded: Bool, stride: Int? = nil, workerCount: Int) {
        self.shape = shape
        let channels = isPadded ? ImageView.padded(shape.channels) : shape.channels
        let count = stride ?? shape.pixels * channels
        self.channels = channels
        self.stride = count
        memory = (0..<workerCount).map { _ in
            FloatBuffer(count: BatchPlan.chunkSize * count).all
        }
    }

    var samplesPerBlock: Int { BatchPlan.chunkSize }
    var isCompact: Bool { stride == shape.count }

    /// The first samples of a worker's chunk.
    func values(count: Int, worker: Int) -> FloatSlice {
        memory[worker].slice(0, count: count * stride)
    }

    func sample(_ sample: Int, worker: Int) -> FloatSlice {
        memory[worker].slice(sample * stride, count: stride)
    }

    /// A sample as an image; whole vectors of channels only.
    func image(_ sample: Int, worker: Int) -> ImageView {
        ImageView(
            self.sample(sample, worker: worker), height: shape.height, width: shape.width,
            channels: channels)
    }

    func prepare(_ samples: Range<Int>, worker: Int) {}

    func write(_ sample: Int, into image: ImageView, worker: Int) {
        let values = self.sample(sample, worker: worker)
        for row in 0..<shape.height {
            let first = row * image.rowStride
            copyRows(
                values.slice(row * shape.width * channels, count: shape.width * channels),
                rows: shape.width, columns: channels, stride: channels,
                into: image.values.slice(first, count: image.values.count - first),
                stride: image.pixelStride)
        }
    }
}

/// What follows a folded convolution.
struct FoldedTail {
    /// Added before ReLU, padded; computed before.
    var other: FoldedValues?
    var isRectified: Bool
    var isPooled: Bool

    func shape(of output: SampleShape) -> SampleShape {
        isPooled
            ? SampleShape(
                height: output.height / 2, width: output.width / 2, channels: output.channels)
            : output
    }

    /// Writes a convolution's output as its readers see it.
    func write(
        _ y: ImageView, bias: FloatSlice, sample: Int, into image: ImageView, worker: Int
    ) {
        if isRectified && other == nil {
            biasReluImage(y, bias: bias, pooled: isPooled, into: image)
        } else {
            biasImage(
                y, bias: bias, other: other?.sample(sample, worker: worker),
                isRectified: isRectified, isPooled: isPooled, into: image)
        }
    }
}

/// A convolution of a folded network: batch norm is in its weights.
protocol FoldedBlock: FoldedSource {
    /// Takes the parameters and running statistics as they are now.
    func fold()
    var sectionCosts: [SectionCost] { get }
    var sections: SectionGroup? { get set }
}

/// 5×5 over the network's input of one channel, two rows at a time.
final class FoldedStem: FoldedBlock {
    let direct: Direct5
    let convolution: FoldedConvolution
    let shape: SampleShape
    let tail: FoldedTail
    private let images: FoldedValues
    private let title: String
    private let workspaces: [(image: FloatSlice, rows: FloatSlice)]
    var sections: SectionGroup?

    init(
        _ convolution: FoldedConvolution, _ geometry: ConvolutionGeometry, title: String,
        from images: FoldedValues, tail: FoldedTail, workerCount: Int
    ) {
        self.tail = tail
        self.convolution = convolution
        self.images = images
        self.title = title
        shape = tail.shape(of: geometry.output)
        let direct = Direct5(
            height: geometry.input.height, width: geometry.input.width,
            channels: convolution.bias.count)
        self.direct = direct
        workspaces = (0..<workerCount).map { _ in
            (
                FloatBuffer(count: direct.imageCount).all,
                FloatBuffer(count: 2 * direct.width * direct.channels).all
            )
        }
    }

    var samplesPerBlock: Int { 1 }
    func fold() { convolution.fold() }
    var sectionCosts: [SectionCost] {
        [
            SectionCost(
                name: "\(title), pool",
                flopsPerSample: 50 * Double(direct.height * direct.width * direct.channels))
        ]
    }

    func prepare(_ samples: Range<Int>, worker: Int) {}

    func write(_ sample: Int, into image: ImageView, worker: Int) {
        let workspace = workspaces[worker]
        direct.copy(images.sample(sample, worker: worker), into: workspace.image)
        let pair = ImageView(
            workspace.rows, height: 2, width: direct.width, channels: direct.channels)
        for row in 0..<image.height {
            direct.convolve(
                workspace.image, firstRow: 2 * row, weights: convolution.weights, into: pair)
            tail.write(
                pair, bias: convolution.bias, sample: sample, into: image.rows(row, count: 1),
                worker: worker)
        }
    }
}

/// A Winograd convolution; its weights are kept transformed.
final class FoldedWinograd: FoldedBlock {
    let geometry: WinogradGeometry
    let weights: WinogradWeights
    let convolution: FoldedConvolution
    let tail: FoldedTail
    let shape: SampleShape
    let input: any FoldedSource
    private let title: String
    private let workspaces: [WinogradWorkspace]
    private let firsts: FirstSamples
    var sections: SectionGroup?

    init(
        _ convolution: FoldedConvolution, _ geometry: ConvolutionGeometry, outputTile: Int,
        title: String, from input: any FoldedSource, tail: FoldedTail, workerCount: Int
    ) {
        self.convolution = convolution
        self.title = title
        self.input = input
        self.tail = tail
        let winograd = WinogradGeometry(geometry, outputTile: outputTile)
        self.geometry = winograd
        shape = tail.shape(of: geometry.output)
        weights = WinogradWeights(winograd, trains: false)
        workspaces = (0..<workerCount).map { _ in WinogradWorkspace(winograd, trains: false) }
        firsts = FirstSamples(workerCount: workerCount)
    }

    var samplesPerBlock: Int { geometry.samplesPerBlock }

    func fold() {
        convolution.fold()
        for task in 0..<weights.taskCount { weights.prepare(task, from: convolution.weights) }
    }

    var sectionCosts: [SectionCost] {
        let elements = Double(geometry.kernel.tileElementCount)
        let places = Double(geometry.neededElementCount)
        let (inputs, outputs) = (Double(geometry.inputs), Double(geometry.outputs))
        return [
            SectionCost(name: "\(title) input, transformed"),
            SectionCost(
                name: "\(title) products", flopsPerSample: 2 * places * inputs * outputs,
                bytesPerSample: 4 * places * (inputs + outputs),
                bytesPerCall: 4 * elements * inputs * outputs),
        ]
    }

    func prepare(_ samples: Range<Int>, worker: Int) {
        let workspace = workspaces[worker]
        firsts[worker] = samples.lowerBound
        workspace.begin(samples: samples.count)
        let start = sections?.clock.begin() ?? 0
        input.forEachSample(samples, worker: worker) { sample in
            workspace.loadInput(sample - samples.lowerBound) {
                input.write(sample, into: $0, worker: worker)
            }
        }
        sections?.end(0, since: start, samples: Double(samples.count), worker: worker)
        let products = sections?.clock.begin() ?? 0
        workspace.multiply(by: weights)
        sections?.end(1, since: products, samples: Double(samples.count), worker: worker)
    }

    func write(_ sample: Int, into image: ImageView, worker: Int) {
        tail.write(
            workspaces[worker].output(sample - firsts[worker]), bias: convolution.bias,
            sample: sample, into: image, worker: worker)
    }
}

/// The first sample that each worker prepared. Written and read by that worker alone.
private final class FirstSamples {
    private let values: DoubleBuffer

    init(workerCount: Int) { values = DoubleBuffer(count: 8 * workerCount) }

    subscript(worker: Int) -> Int {
        get { Int(values[8 * worker]) }
        set { values[8 * worker] = Double(newValue) }
    }
}

/// A convolution by small products of rows of taps, or one of each channel by itself.
final class FoldedTaps: FoldedBlock {
    private let convolution: FoldedConvolution
    private let geometry: ConvolutionGeometry
    private let input: any FoldedSource
    private let tail: FoldedTail
    let shape: SampleShape
    private let title: String
    private let method: Method
    private let channels: Int
    private let images: [BorderedInput]
    private let outputs: [FloatSlice]
    var sections: SectionGroup?

    private enum Method {
        case products(TapProducts)
        case depthwise(ConvolutionGeometry)
    }

    /// - Parameter isDepthwise: each channel by itself.
    init(
        _ convolution: FoldedConvolution, _ geometry: ConvolutionGeometry, isDepthwise: Bool,
        title: String, from input: any FoldedSource, tail: FoldedTail, workerCount: Int
    ) {
        self.convolution = convolution
        self.geometry = geometry
        self.input = input
        self.tail = tail
        self.title = title
        shape = tail.shape(of: geometry.output)
        let inputs = convolution.inputChannels
        let outputs = convolution.bias.count
        channels = outputs
        images = (0..<workerCount).map { _ in
            BorderedInput(
                geometry.input, padding: isDepthwise ? 0 : geometry.paddings,
                channels: isDepthwise ? outputs : inputs)
        }
        method =
            isDepthwise
            ? .depthwise(geometry.depthwise(channels: outputs))
            : .products(
                TapProducts(geometry, inputChannels: inputs, outputChannels: outputs))
        self.outputs = (0..<workerCount).map { _ in
            FloatBuffer(count: geometry.output.pixels * outputs).all
        }
    }

    var samplesPerBlock: Int { input.samplesPerBlock }
    func fold() { convolution.fold() }

    var sectionCosts: [SectionCost] {
        let taps = Double(geometry.kernel.height * geometry.kernel.width)
        let outputs = Double(geometry.output.pixels * channels)
        let inputs =
            switch method {
            case .products: Double(convolution.inputChannels)
            case .depthwise: 1.0
            }
        return [
            SectionCost(name: "\(title) products", flopsPerSample: 2 * taps * outputs * inputs)
        ]
    }

    func prepare(_ samples: Range<Int>, worker: Int) {
        input.prepare(samples, worker: worker)
    }

    func write(_ sample: Int, into image: ImageView, worker: Int) {
        let y = outputs[worker]
        images[worker].load(input, sample, worker: worker)
        let start = sections?.clock.begin() ?? 0
        switch method {
        case .products(let products):
            products.forward(images[worker].image, convolution.weights, into: y)
        case .depthwise(let geometry):
            depthwise(
                images[worker].image, geometry, weights: convolution.weights, bias: nil, into: y)
        }
        sections?.end(0, since: start, samples: 1, worker: worker)
        tail.write(
            ImageView(
                y, height: geometry.outputHeight, width: geometry.outputWidth, channels: channels),
            bias: convolution.bias, sample: sample, into: image, worker: worker)
    }
}

/// A sample with zeros around it, channels as they lie in its source or in whole vectors.
private struct BorderedInput {
    let image: FloatSlice
    private let channels: Int
    private let rowStride: Int
    private let first: Int
    private let shape: SampleShape

    init(_ shape: SampleShape, padding: HeightWidth, channels: Int) {
        self.shape = shape
        self.channels = channels
        rowStride = (shape.width + 2 * padding.width) * channels
        first = padding.height * rowStride + padding.width * channels
        image = FloatBuffer(count: (shape.height + 2 * padding.height) * rowStride).all
    }

    func load(_ source: any FoldedSource, _ sample: Int, worker: Int) {
        let target = image.slice(first, count: image.count - first)
        if let values = source as? FoldedValues, values.channels == channels {
            copyRows(
                values.sample(sample, worker: worker), rows: shape.height,
                columns: shape.width * channels, stride: shape.width * channels, into: target,
                stride: rowStride)
            return
        }
        source.write(
            sample,
            into: ImageView(
                target, height: shape.height, width: shape.width, channels: channels,
                rowStride: rowStride, pixelStride: channels), worker: worker)
    }
}
