import LinearAlgebra
import TestSupport
import Testing

@testable import Kernels

/// The order of a block's tiles, and what is left out where tiles reach beyond the image.
@Suite struct WinogradTilingTests {
    private static let sizes = [
        (7, 7), (14, 14), (8, 12), (3, 9), (9, 2), (5, 8), (12, 13), (1, 1),
    ]

    @Test(arguments: WinogradKernelTests.kernels)
    func everyProductThatIsNeededIsMadeOnce(kernel: WinogradKernel) {
        for (height, width) in Self.sizes {
            for images in [1, 2, 5] {
                let geometry = TileGeometry(kernel, covering: height, width, channels: 16)
                let tiling = geometry.tiling(height, width, images: images)
                let n = kernel.inputTile
                let tileCount = images * geometry.rows * geometry.columns
                var made = [Int](repeating: 0, count: n * n * tileCount)
                for products in tiling.products {
                    for index in 0..<products.tileElementCount {
                        let element = products.firstElement + index * products.elementStride
                        for tile in products.tiles { made[element * tileCount + tile] += 1 }
                    }
                }
                for (image, places) in tiling.places.enumerated() {
                    for tile in 0..<geometry.rows * geometry.columns {
                        for element in 0..<n * n {
                            let index = element * tileCount + Int(places.values[tile])
                            let isNeeded = geometry.needs(element, tile, height, width)
                            #expect(
                                made[index] == (isNeeded ? 1 : 0),
                                "\(kernel) \(height)×\(width) image \(image) tile \(tile) \(element)"
                            )
                            made[index] = isNeeded ? 0 : made[index]
                        }
                    }
                }
                #expect(made.allSatisfy { $0 == 0 })
            }
        }
    }

    /// What tiles in order make is made in any order, and what isn't needed may be anything.
    @Test(arguments: WinogradKernelTests.kernels)
    func transformsNeitherReadNorWriteWhatIsNotNeeded(kernel: WinogradKernel) {
        for (height, width) in Self.sizes {
            let plain = TileGeometry(kernel, covering: height, width, channels: 32)
            atEachCPULevel { level in
                checkForward(plain, height, width, "\(kernel) \(height)×\(width) level \(level)")
                checkBackward(plain, height, width, "\(kernel) \(height)×\(width) level \(level)")
            }
        }
    }

    private func checkForward(
        _ plain: TileGeometry, _ height: Int, _ width: Int, _ label: String
    ) {
        let kernel = plain.kernel
        var generator = SeededGenerator(seed: UInt64(height * 100 + width))
        let image = FloatSlice(generator.floats(plain.inputCount))
        let expected = FloatBuffer(count: plain.tileElementCount).all
        kernel.transformInput(image, plain.inputGrid, into: expected)
        let found = FloatSlice([Float](repeating: .nan, count: plain.tileElementCount))
        let places = plain.tiling(height, width, images: 1).places[0]
        kernel.transformInput(image, plain.inputGrid(places), into: found)
        plain.compare(found, expected, places, height, width, label)

        let y = FloatBuffer(count: plain.outputCount).all
        kernel.transformOutput(expected, plain.outputGrid, into: y)
        let short = FloatSlice([Float](repeating: .nan, count: plain.outputCount))
        kernel.transformOutput(found, plain.outputGrid(places), into: short)
        let (all, some) = (y.array, short.array)
        #expect(
            all.indices.allSatisfy { !plain.isInside($0, height, width) || all[$0] == some[$0] },
            "\(label) output")
    }

    /// Gradients are zero beyond the image.
    private func checkBackward(
        _ plain: TileGeometry, _ height: Int, _ width: Int, _ label: String
    ) {
        let kernel = plain.kernel
        var generator = SeededGenerator(seed: UInt64(height * 10 + width))
        let gradient = FloatSlice(
            generator.floats(plain.outputCount).enumerated().map { index, value in
                plain.isInside(index, height, width) ? value : 0
            })
        let expected = FloatBuffer(count: plain.tileElementCount).all
        kernel.transformOutputGradient(gradient, plain.outputGrid, into: expected)
        let found = FloatSlice([Float](repeating: .nan, count: plain.tileElementCount))
        let places = plain.tiling(height, width, images: 1).places[0]
        kernel.transformOutputGradient(gradient, plain.outputGrid(places), into: found)
        plain.compare(found, expected, places, height, width, label)

        let dx = FloatBuffer(count: plain.inputCount).all
        kernel.addInputGradient(expected, plain.inputGrid, to: dx)
        let short = FloatBuffer(count: plain.inputCount).all
        kernel.addInputGradient(found, plain.inputGrid(places), to: short)
        #expect(short.array == dx.array, "\(label) input gradient")
    }
}

extension TileGeometry {
    fileprivate func tiling(_ height: Int, _ width: Int, images: Int) -> WinogradTiling {
        WinogradTiling(
            kernel, rows: rows, columns: columns, height: height, width: width, images: images)
    }

    /// Whether an output is one of the image's.
    fileprivate func isInside(_ index: Int, _ height: Int, _ width: Int) -> Bool {
        let pixel = index / allChannels
        return pixel / outputWidth < height && pixel % outputWidth < width
    }

    /// Of a tile that lacks its last row of outputs, all but the last row of elements.
    fileprivate func needs(_ element: Int, _ tile: Int, _ height: Int, _ width: Int) -> Bool {
        let (n, m) = (kernel.inputTile, kernel.outputTile)
        let lacksRow = rows > 1 && (tile / columns + 1) * m > height
        let lacksColumn = columns > 1 && (tile % columns + 1) * m > width
        return !(lacksRow && element / n == n - 1) && !(lacksColumn && element % n == n - 1)
    }

    fileprivate func inputGrid(_ places: WinogradPlaces) -> WinogradGrid {
        WinogradGrid(
            rows: rows, columns: columns, channels: allChannels,
            rowStride: inputWidth * allChannels, elementStep: elementStep, places: places)
    }

    fileprivate func outputGrid(_ places: WinogradPlaces) -> WinogradGrid {
        WinogradGrid(
            rows: rows, columns: columns, channels: allChannels,
            rowStride: outputWidth * allChannels, elementStep: elementStep, places: places)
    }

    /// Elements in their places, and NaN still where nothing is needed.
    fileprivate func compare(
        _ found: FloatSlice, _ expected: FloatSlice, _ places: WinogradPlaces, _ height: Int,
        _ width: Int, _ label: String
    ) {
        let (found, expected) = (found.array, expected.array)
        var faults = 0
        for element in 0..<kernel.tileElementCount {
            for tile in 0..<rows * columns {
                for channel in 0..<allChannels {
                    let start = element * elementStep + channel
                    let value = found[start + Int(places.values[tile]) * allChannels]
                    let isRight =
                        needs(element, tile, height, width)
                        ? value == expected[start + tile * allChannels] : value.isNaN
                    faults += isRight ? 0 : 1
                }
            }
        }
        #expect(faults == 0, "\(label): \(faults) of \(found.count) elements")
    }
}
