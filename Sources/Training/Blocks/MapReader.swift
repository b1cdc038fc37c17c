import Kernels
import LinearAlgebra

/// What a fused operation can read.
enum MapSource {
    case map(NormalizedMap)
    case tensor(Tensor)

    /// Announces one more reading; readers are made in the order in which they read.
    ///
    /// - Parameter adder: the map that reads it to add it.
    func makeReader(adder: NormalizedMap? = nil) -> MapReader {
        switch self {
        case .map(let map): map.makeReader(adder: adder)
        case .tensor(let tensor): MapReader(.tensor(tensor.makeReader()))
        }
    }

    var shape: SampleShape {
        switch self {
        case .map(let map): map.valueShape
        case .tensor(let tensor): tensor.shape
        }
    }
}

/// One reading of a map or a tensor by a fused operation: its values, and the gradient in them back.
final class MapReader {
    enum Source {
        case map(NormalizedMap)
        case tensor(TensorReader)
    }

    let source: Source
    /// Among the readings of a map, in the order of the graph.
    private let order: Int

    init(_ source: Source, order: Int = 0) {
        self.source = source
        self.order = order
    }

    /// Of what is read, as the graph knows it.
    var shape: SampleShape {
        switch source {
        case .map(let map): map.valueShape
        case .tensor(let reader): reader.tensor.shape
        }
    }

    /// Whole vectors.
    var channels: Int { ImageView.padded(shape.channels) }

    var wantsGradient: Bool {
        switch source {
        case .map: true
        case .tensor(let reader): reader.tensor.wantsGradient
        }
    }

    var awaitedStatistics: [any BatchSums] {
        if case .map(let map) = source { map.awaitedStatistics } else { [] }
    }

    var gatheredSums: [any BatchSums] {
        if case .map(let map) = source { map.gatheredSums(order: order) } else { [] }
    }

    // MARK: - Forward

    /// Writes a sample; surplus channels of the image are left alone or zero.
    func writeValues(_ sample: Int, step: UInt64, into image: ImageView) {
        switch source {
        case .map(let map): map.writeValues(sample, step: step, order: order, into: image)
        case .tensor(let reader): copy(reader.tensor, sample, into: image)
        }
    }

    /// The same once more.
    func rewriteValues(_ sample: Int, into image: ImageView) {
        switch source {
        case .map(let map): map.rewriteValues(sample, into: image)
        case .tensor(let reader): copy(reader.tensor, sample, into: image)
        }
    }

    private func copy(_ tensor: Tensor, _ sample: Int, into image: ImageView) {
        let shape = tensor.shape
        let x = tensor.values.slice(sample * shape.count, count: shape.count)
        for row in 0..<shape.height {
            let count = shape.width * shape.channels
            let first = row * image.rowStride
            copyRows(
                x.slice(row * count, count: count), rows: shape.width, columns: shape.channels,
                stride: shape.channels,
                into: image.values.slice(first, count: image.values.count - first),
                stride: image.pixelStride)
        }
    }

    /// A sample for a map that adds it.
    func addend(_ sample: Int, step: UInt64) -> MapAddend {
        switch source {
        case .map(let map): map.addend(sample, step: step, order: order)
        case .tensor(let reader):
            MapAddend(
                x: reader.tensor.values.slice(
                    sample * reader.tensor.shape.count, count: reader.tensor.shape.count))
        }
    }

    // MARK: - Backward

    func beginGradient(_ chunk: Chunk) {
        if case .map(let map) = source { map.beginGradient(chunk, order: order) }
    }

    func takeGradient(_ du: ImageView, sample: Int, _ chunk: Chunk) {
        switch source {
        case .map(let map): map.takeGradient(du, sample: sample, chunk, order: order)
        case .tensor(let reader): take(du, sample, reader)
        }
    }

    private func take(_ du: ImageView, _ sample: Int, _ reader: TensorReader) {
        let shape = reader.tensor.shape
        guard reader.tensor.wantsGradient else { return }
        let dx = reader.tensor.gradient.slice(sample * shape.count, count: shape.count)
        if shape.channels == du.channels {
            keepImage(du, adding: reader.addsGradient, into: dx)
            return
        }
        for row in 0..<shape.height {
            let count = shape.width * shape.channels
            let target = dx.slice(row * count, count: count)
            let from = du.values.slice(
                row * du.rowStride, count: du.values.count - row * du.rowStride)
            if reader.addsGradient {
                for pixel in 0..<shape.width {
                    for channel in 0..<shape.channels {
                        target[pixel * shape.channels + channel] +=
                            from[pixel * du.pixelStride + channel]
                    }
                }
            } else {
                copyRows(
                    from, rows: shape.width, columns: shape.channels, stride: du.pixelStride,
                    into: target, stride: shape.channels)
            }
        }
    }

    /// The gradient in what a map added, compact.
    func takeAddendGradient(_ g: FloatSlice, sample: Int, _ chunk: Chunk) {
        switch source {
        case .map(let map): map.takeAddendGradient(g, sample: sample, chunk, order: order)
        case .tensor(let reader):
            let shape = reader.tensor.shape
            take(
                ImageView(
                    g, height: shape.height, width: shape.width, channels: shape.channels),
                sample, reader)
        }
    }

    func finishGradient(_ chunk: Chunk) {
        if case .map(let map) = source { map.finishGradient(chunk, order: order) }
    }
}
