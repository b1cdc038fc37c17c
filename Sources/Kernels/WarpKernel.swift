import CKernels
import LinearAlgebra

/// Maps an output pixel to the source position it is read from:
/// x = xx·column + xy·row + x0, y = yx·column + yy·row + y0.
public struct AffineMap: Equatable, Sendable {
    public var xx: Float, xy: Float, x0: Float
    public var yx: Float, yy: Float, y0: Float

    public init(xx: Float, xy: Float, x0: Float, yx: Float, yy: Float, y0: Float) {
        (self.xx, self.xy, self.x0) = (xx, xy, x0)
        (self.yx, self.yy, self.y0) = (yx, yy, y0)
    }

    public static let identity = AffineMap(xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0)
}

/// How bytes become inputs: (value/255 − mean) / standard deviation, each channel by its own.
public struct ByteNormalization: Sendable {
    public let channels: Int
    /// `[channels, 256]`: what each byte becomes, computed in double precision and rounded once.
    fileprivate let table: FloatSlice
    /// `[channels]`.
    fileprivate let means: FloatSlice
    fileprivate let inverseDeviations: FloatSlice

    /// - Precondition: as many of both, at least one.
    public init(means: [Double], standardDeviations: [Double]) {
        precondition(
            !means.isEmpty && means.count == standardDeviations.count,
            "\(means.count) means and \(standardDeviations.count) standard deviations")
        channels = means.count
        table = FloatSlice(
            zip(means, standardDeviations).flatMap { mean, deviation in
                (0..<256).map { Float((Double($0) / 255 - mean) / deviation) }
            })
        self.means = FloatSlice(means.map(Float.init))
        inverseDeviations = FloatSlice(standardDeviations.map { 1 / Float($0) })
    }
}

/// Warps a byte image with bilinear sampling (zero outside) and normalises the result.
///
/// - Parameters:
///   - pixels: `[H, W, C]` bytes from `start` on, as many channels as `normalization` has.
///   - out: overwritten, `[H, W, C]`.
public func warpAndNormalize(
    _ pixels: [UInt8], from start: Int, height: Int, width: Int, _ map: AffineMap,
    by normalization: ByteNormalization, into out: FloatSlice
) {
    let channels = normalization.channels
    precondition(start >= 0 && start + height * width * channels <= pixels.count)
    precondition(out.count == height * width * channels)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 6) { matrix in
        let values = (map.xx, map.xy, map.x0, map.yx, map.yy, map.y0)
        withUnsafeBytes(of: values) { UnsafeMutableRawBufferPointer(matrix).copyMemory(from: $0) }
        pixels.withUnsafeBufferPointer { source in
            tessera_warp_normalize(
                source.baseAddress! + start, height, width, channels, matrix.baseAddress!,
                normalization.means.pointer, normalization.inverseDeviations.pointer, out.pointer)
        }
    }
}

/// Normalises a byte image.
///
/// - Parameters:
///   - pixels: whole pixels from `start` on, a pixel's channels together.
///   - out: overwritten; its count says how many bytes are taken.
public func normalize(
    _ pixels: [UInt8], from start: Int, by normalization: ByteNormalization, into out: FloatSlice
) {
    let channels = normalization.channels
    precondition(start >= 0 && start + out.count <= pixels.count)
    precondition(
        out.count.isMultiple(of: channels), "\(out.count) bytes of \(channels) channels")
    pixels.withUnsafeBufferPointer { source in
        let values = normalization.table.pointer
        let target = out.pointer
        if channels == 1 {
            for index in 0..<out.count { target[index] = values[Int(source[start + index])] }
            return
        }
        for pixel in stride(from: 0, to: out.count, by: channels) {
            for channel in 0..<channels {
                target[pixel &+ channel] =
                    values[256 &* channel &+ Int(source[start &+ pixel &+ channel])]
            }
        }
    }
}
