import Kernels
import LinearAlgebra

/// Repeatable operands.
struct TestValues {
    private let generator: Philox
    private var counter: UInt32 = 0

    init(seed: UInt64) { generator = Philox(key: seed) }

    /// Floats in [low, high).
    mutating func floats(_ count: Int, from low: Float = -1, to high: Float = 1) -> FloatSlice {
        let values = FloatBuffer(count: count).all
        for start in stride(from: 0, to: count, by: 4) {
            let draw = generator.uniform(SIMD4(counter, 0, 0, 0))
            counter += 1
            for index in start..<min(start + 4, count) {
                values[index] = low + (high - low) * draw[index - start]
            }
        }
        return values
    }

    /// Whole numbers from −2 to 2, so that every product and sum of a GEMM is exact in any order.
    mutating func wholeNumbers(_ count: Int) -> FloatSlice {
        let values = floats(count, from: -2.5, to: 2.5)
        for index in 0..<count { values[index] = values[index].rounded() }
        return values
    }

    /// Bytes in 0..<limit.
    mutating func bytes(_ count: Int, below limit: Int) -> ByteBuffer {
        let values = floats(count, from: 0, to: Float(limit))
        let bytes = ByteBuffer(count: count)
        for index in 0..<count { bytes.pointer[index] = UInt8(values[index]) }
        return bytes
    }
}

extension FloatSlice {
    var doubles: [Double] { array.map(Double.init) }

    /// A copy in memory of its own.
    var copy: FloatSlice { FloatSlice(array) }
}

extension ByteBuffer {
    var doubles: [Double] { (0..<count).map { Double(pointer[$0]) } }
}

extension DoubleBuffer {
    var doubles: [Double] { (0..<count).map { self[$0] } }
}

extension ImageView {
    /// The pixels in order, without what lies between them.
    var doubles: [Double] {
        (0..<height * width).flatMap { pixel($0).doubles }
    }

    func update(from compact: FloatSlice) {
        for index in 0..<height * width {
            pixel(index).update(from: compact.slice(index * channels, count: channels))
        }
    }

    private func pixel(_ index: Int) -> FloatSlice {
        values.slice(
            index / width * rowStride + index % width * pixelStride, count: channels)
    }
}
