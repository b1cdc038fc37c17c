import Kernels
import LinearAlgebra

/// Floats among others that a kernel must leave alone.
struct GuardedFloats {
    let slice: FloatSlice
    private let whole: FloatSlice
    static let mark: Float = -12345.5
    private static let margin = 64

    init(_ values: [Float]) {
        whole = FloatBuffer(count: values.count + 2 * Self.margin).all
        whole.fill(Self.mark)
        slice = whole.slice(Self.margin, count: values.count)
        slice.update(from: values)
    }

    /// All marks.
    init(count: Int) { self.init([Float](repeating: Self.mark, count: count)) }

    var marginsAreIntact: Bool {
        let last = whole.slice(whole.count - Self.margin, count: Self.margin)
        return (whole.slice(0, count: Self.margin).array + last.array)
            .allSatisfy { $0 == Self.mark }
    }
}

/// An image whose rows and pixels lie apart, with marks in between and around.
struct FramedImage {
    let view: ImageView
    private let whole: GuardedFloats

    /// - Parameter gap: floats between pixels, and between rows.
    init(height: Int, width: Int, channels: Int, gap: Int = 16) {
        let pixelStride = channels + gap
        let rowStride = width * pixelStride + gap
        whole = GuardedFloats(count: height * rowStride)
        view = ImageView(
            whole.slice, height: height, width: width, channels: channels, rowStride: rowStride,
            pixelStride: pixelStride)
    }

    init(height: Int, width: Int, channels: Int, gap: Int = 16, _ values: [Float]) {
        self.init(height: height, width: width, channels: channels, gap: gap)
        let memory = whole.slice
        for (index, value) in values.enumerated() { memory[place(index)] = value }
    }

    /// `[height, width, channels]`, compact.
    var values: [Float] {
        let all = whole.slice.array
        return (0..<view.height * view.width * view.channels).map { all[place($0)] }
    }

    var frameIsIntact: Bool {
        var all = whole.slice.array
        for index in 0..<view.height * view.width * view.channels {
            all[place(index)] = GuardedFloats.mark
        }
        return whole.marginsAreIntact && all.allSatisfy { $0 == GuardedFloats.mark }
    }

    private func place(_ index: Int) -> Int {
        let (pixel, channel) = (index / view.channels, index % view.channels)
        return pixel / view.width * view.rowStride + pixel % view.width * view.pixelStride
            + channel
    }
}

func dot(_ a: [Float], _ b: [Float]) -> Double {
    precondition(a.count == b.count)
    return zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}

func norm(_ a: [Float]) -> Double { dot(a, a).squareRoot() }
