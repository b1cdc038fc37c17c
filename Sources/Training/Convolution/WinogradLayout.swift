import Kernels

/// Where the tiles of a block of samples lie, and the products that are made of them.
struct WinogradLayout {
    /// By sample of the block.
    let inputGrids: [WinogradGrid]
    let outputGrids: [WinogradGrid]
    /// With V the transformed input, U the weights' and D the output gradient's: V·U, Vᵀ·D, D·Uᵀ.
    let forward: [SmallGemmShape]
    let weightGradient: [SmallGemmShape]
    let dataGradient: [SmallGemmShape]

    init(_ geometry: WinogradGeometry, samples: Int) {
        let tiling = geometry.tiling(samples: samples)
        inputGrids = tiling.places.map { geometry.inputGrid(places: $0) }
        outputGrids = tiling.places.map { geometry.outputGrid(places: $0) }
        forward = tiling.products.map(geometry.forward)
        weightGradient = tiling.products.map(geometry.weightGradient)
        dataGradient = tiling.products.map(geometry.dataGradient)
    }
}

extension WinogradGeometry {
    /// Elements of a sample's transformed tiles that take part in products.
    var neededElementCount: Int { tiling(samples: 1).tileElementCount }

    fileprivate func tiling(samples: Int) -> WinogradTiling {
        WinogradTiling(
            kernel, rows: tileRows, columns: tileColumns, height: height, width: width,
            images: samples)
    }

    fileprivate func inputGrid(places: WinogradPlaces) -> WinogradGrid {
        WinogradGrid(
            rows: tileRows, columns: tileColumns, channels: inputs,
            rowStride: inputWidth * inputs, elementStep: inputStep, places: places)
    }

    fileprivate func outputGrid(places: WinogradPlaces) -> WinogradGrid {
        WinogradGrid(
            rows: tileRows, columns: tileColumns, channels: outputs,
            rowStride: outputWidth * outputs, elementStep: outputStep, places: places)
    }

    fileprivate func forward(_ products: WinogradProducts) -> SmallGemmShape {
        let (v, u, y) = starts(products)
        let stride = products.elementStride
        return SmallGemmShape(
            count: products.tileElementCount, m: products.tiles.count, n: outputs, k: inputs,
            aRow: inputs, bRow: outputs, cRow: outputs, aStart: v, bStart: u, cStart: y,
            aStep: stride * inputStep, bStep: stride * weightStep, cStep: stride * outputStep)
    }

    fileprivate func weightGradient(_ products: WinogradProducts) -> SmallGemmShape {
        let (v, u, d) = starts(products)
        let stride = products.elementStride
        return SmallGemmShape(
            count: products.tileElementCount, m: inputs, n: outputs, k: products.tiles.count,
            aRow: 1, aColumn: inputs, bRow: outputs, cRow: outputs, aStart: v, bStart: d,
            cStart: u, aStep: stride * inputStep, bStep: stride * outputStep,
            cStep: stride * weightStep)
    }

    fileprivate func dataGradient(_ products: WinogradProducts) -> SmallGemmShape {
        let (v, u, d) = starts(products)
        let stride = products.elementStride
        return SmallGemmShape(
            count: products.tileElementCount, m: products.tiles.count, n: inputs, k: outputs,
            aRow: outputs, bRow: inputs, cRow: inputs, aStart: d, bStart: u, cStart: v,
            aStep: stride * outputStep, bStep: stride * weightStep, cStep: stride * inputStep)
    }

    /// Floats before the first product's input, weights and output.
    private func starts(_ products: WinogradProducts) -> (input: Int, weights: Int, output: Int) {
        let (first, tile) = (products.firstElement, products.tiles.lowerBound)
        return (
            first * inputStep + tile * inputs, first * weightStep,
            first * outputStep + tile * outputs
        )
    }
}
