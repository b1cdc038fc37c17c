import Foundation
import Kernels
import LinearAlgebra
import TestSupport
import Testing

/// Bytes to inputs, straight and through an affine map, for any number of channels.
@Suite struct WarpKernelTests {
    /// Sides that differ, and rotations that leave the image on every side.
    static let maps: [AffineMap] = [
        .identity,
        AffineMap(xx: 1, xy: 0, x0: 1, yx: 0, yy: 1, y0: -2),
        AffineMap(xx: 0.9, xy: -0.31, x0: 1.7, yx: 0.29, yy: 1.1, y0: -2.4),
        AffineMap(xx: -1.3, xy: 0.2, x0: 9.25, yx: 0.1, yy: -0.8, y0: 5.5),
        // So far away that whole numbers would overflow.
        AffineMap(xx: 1e20, xy: 3, x0: -1e20, yx: 2, yy: 1e20, y0: 1e19),
    ]
    static let (height, width) = (11, 13)
    static let means = [0.1307, 0.4822, 0.4465, 0.5, 0.25]
    static let deviations = [0.3081, 0.2435, 0.2616, 0.125, 0.75]

    static func normalization(_ channels: Int) -> ByteNormalization {
        ByteNormalization(
            means: Array(means.prefix(channels)),
            standardDeviations: Array(deviations.prefix(channels)))
    }

    static func pixels(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }

    @Test(arguments: 1...5) func everyChannelIsNormalisedByItsOwn(channels: Int) {
        let pixels = Self.pixels(Self.height * Self.width * channels + 2, seed: 72)
        let out = GuardedFloats(count: Self.height * Self.width * channels)
        normalize(pixels, from: 2, by: Self.normalization(channels), into: out.slice)
        let expected = pixels.dropFirst(2).enumerated().map { index, byte in
            let channel = index % channels
            return Float((Double(byte) / 255 - Self.means[channel]) / Self.deviations[channel])
        }
        #expect(out.slice.array == expected)
        #expect(out.marginsAreIntact)
    }

    @Test(arguments: 1...5) func warpsAsThePlainFormulaDoes(channels: Int) {
        let pixels = Self.pixels(Self.height * Self.width * channels + 3, seed: 73)
        atEachCPULevel { level in
            for map in Self.maps {
                let out = GuardedFloats(count: Self.height * Self.width * channels)
                warpAndNormalize(
                    pixels, from: 3, height: Self.height, width: Self.width, map,
                    by: Self.normalization(channels), into: out.slice)
                // Positions are float32, of which thirteen pixels take four bits.
                assertClose(
                    out.slice.array, Self.warped(Array(pixels.dropFirst(3)), channels, map),
                    relative: 1e-5, absolute: 2e-4, "\(channels) channels, level \(level)")
                #expect(out.marginsAreIntact)
            }
        }
    }

    /// Many equal channels give what one does, but for rounding.
    @Test func channelsDontDependOnEachOther() {
        let grey = Self.pixels(Self.height * Self.width, seed: 74)
        let three = grey.flatMap { [$0, $0, $0] }
        let same = ByteNormalization(
            means: [0.1307, 0.1307, 0.1307], standardDeviations: [0.3081, 0.3081, 0.3081])
        atEachCPULevel { level in
            for map in Self.maps {
                let (one, many) = (
                    FloatBuffer(count: grey.count).all, FloatBuffer(count: three.count).all
                )
                warpAndNormalize(
                    grey, from: 0, height: Self.height, width: Self.width, map,
                    by: Self.normalization(1), into: one)
                warpAndNormalize(
                    three, from: 0, height: Self.height, width: Self.width, map, by: same,
                    into: many)
                assertClose(
                    many.array, one.array.flatMap { [$0, $0, $0] }, relative: 1e-6, absolute: 1e-6,
                    "level \(level)")
            }
        }
    }

    #if arch(x86_64)
        /// A training with a seed gives the bits that it gave when images had one channel alone.
        @Test func oneChannelKeepsItsBits() {
            let pixels = Self.pixels(Self.height * Self.width + 3, seed: 71)
            // With fused multiply-add the roundings are others than without.
            let known: [UInt64] = [
                14_501_671_980_297_770_327, 7_667_902_084_801_379_376, 7_667_902_084_801_379_376,
            ]
            atEachCPULevel { level in
                var digest: UInt64 = 0xcbf2_9ce4_8422_2325
                for map in Self.maps {
                    let out = FloatBuffer(count: Self.height * Self.width).all
                    warpAndNormalize(
                        pixels, from: 3, height: Self.height, width: Self.width, map,
                        by: Self.normalization(1), into: out)
                    for value in out.array {
                        digest = (digest ^ UInt64(value.bitPattern)) &* 0x100_0000_01b3
                    }
                }
                #expect(digest == known[Int(level)], "level \(level)")
            }
        }
    #endif

    /// Bilinear sampling with zeros outside, in double precision from the positions on.
    static func warped(_ pixels: [UInt8], _ channels: Int, _ map: AffineMap) -> [Float] {
        func pixel(_ y: Double, _ x: Double, _ channel: Int) -> Double {
            guard (0..<Double(height)).contains(y), (0..<Double(width)).contains(x) else {
                return 0
            }
            return Double(pixels[(Int(y) * width + Int(x)) * channels + channel])
        }
        return (0..<height * width * channels).map { index in
            let channel = index % channels
            let (row, column) = (
                Double(index / channels / width), Double(index / channels % width)
            )
            let x = Double(map.xx) * column + Double(map.xy) * row + Double(map.x0)
            let y = Double(map.yx) * column + Double(map.yy) * row + Double(map.y0)
            let (x0, y0) = (x.rounded(.down), y.rounded(.down))
            let (fx, fy) = (x - x0, y - y0)
            let top = pixel(y0, x0, channel) * (1 - fx) + pixel(y0, x0 + 1, channel) * fx
            let bottom = pixel(y0 + 1, x0, channel) * (1 - fx) + pixel(y0 + 1, x0 + 1, channel) * fx
            let value = top * (1 - fy) + bottom * fy
            return Float((value / 255 - means[channel]) / deviations[channel])
        }
    }
}
