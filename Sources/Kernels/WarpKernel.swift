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

/// Warps a byte image with bilinear sampling (zero outside) and normalises the result:
/// (value/255 − mean) / std.
///
/// - Parameter pixels: `[H, W]` bytes from `start` on.
/// - Parameter out: overwritten, `[H, W]`.
public func warpAndNormalize(
    _ pixels: [UInt8], from start: Int, height: Int, width: Int, _ map: AffineMap, mean: Float,
    standardDeviation: Float, into out: FloatSlice
) {
    precondition(start >= 0 && start + height * width <= pixels.count)
    precondition(out.count == height * width)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 6) { matrix in
        let values = (map.xx, map.xy, map.x0, map.yx, map.yy, map.y0)
        withUnsafeBytes(of: values) { UnsafeMutableRawBufferPointer(matrix).copyMemory(from: $0) }
        pixels.withUnsafeBufferPointer { source in
            tessera_warp_normalize(
                source.baseAddress! + start, height, width, matrix.baseAddress!, mean,
                1 / standardDeviation, out.pointer)
        }
    }
}

/// Normalises a byte image: (value/255 − mean) / std, from a table of the 256 results.
///
/// - Parameter table: 256 floats made by `normalizationTable`.
public func normalize(
    _ pixels: [UInt8], from start: Int, table: FloatSlice, into out: FloatSlice
) {
    precondition(start >= 0 && start + out.count <= pixels.count && table.count == 256)
    pixels.withUnsafeBufferPointer { source in
        let values = table.pointer
        let target = out.pointer
        for index in 0..<out.count { target[index] = values[Int(source[start + index])] }
    }
}

/// (value/255 − mean) / std of each byte, computed in double precision and rounded once.
public func normalizationTable(mean: Double, standardDeviation: Double) -> FloatSlice {
    FloatSlice((0..<256).map { Float((Double($0) / 255 - mean) / standardDeviation) })
}
