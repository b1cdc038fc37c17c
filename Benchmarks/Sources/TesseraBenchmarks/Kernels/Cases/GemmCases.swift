import Kernels

/// Every product that DigitCNN makes in training and inference by Winograd's algorithm: the
/// convolutions' transformed tiles and the fully connected layers.
enum GemmCases {
    static var all: [KernelCase] { WinogradLayer.all.flatMap(convolution) + connected }

    // MARK: - Convolutions

    private static func convolution(_ layer: WinogradLayer) -> [KernelCase] {
        layer.sampleCounts.reversed().flatMap { samples in
            layer.products(samples: samples).flatMap { products in
                [
                    forward(layer, products), dataGradient(layer, products),
                    weightGradient(layer, products),
                ]
            }
        } + threadCounts.flatMap { split(layer, threads: $0) }
    }

    /// One image's layers are cut for the threads: conv2 by rows of tiles, conv3 by outputs.
    private static let threadCounts = [2, 4]

    private static func split(_ layer: WinogradLayer, threads: Int) -> [KernelCase] {
        var part = WinogradLayer.Products(
            samples: 1, elements: layer.kernel.tileElementCount, tiles: layer.tiles)
        if layer.name == "conv2" {
            part.tiles = layer.tilesPerSide / threads * layer.tilesPerSide
            return [forward(layer, part)]
        }
        let outputs = layer.outputs / threads
        return [forward(layer, part, outputs: outputs, note: ", \(outputs) outputs")]
    }

    /// Y = V · U
    private static func forward(
        _ layer: WinogradLayer, _ products: WinogradLayer.Products, outputs: Int? = nil,
        note: String = ""
    ) -> KernelCase {
        let shape = SmallGemmShape(
            count: products.elements, m: products.tiles, n: outputs ?? layer.outputs,
            k: layer.inputs, aRow: layer.inputs, bRow: layer.outputs, cRow: layer.outputs,
            aStep: layer.inputStep, bStep: layer.weightStep, cStep: layer.outputStep)
        return GemmProblem(shape: shape)
            .kernelCase("\(layer.title("forward", products))\(note): gemm")
    }

    /// dV = D · Uᵀ; the engine transposes U once a step.
    private static func dataGradient(
        _ layer: WinogradLayer, _ products: WinogradLayer.Products
    ) -> KernelCase {
        let shape = SmallGemmShape(
            count: products.elements, m: products.tiles, n: layer.inputs, k: layer.outputs,
            aRow: layer.outputs, bRow: layer.inputs, cRow: layer.inputs, aStep: layer.outputStep,
            bStep: layer.weightStep, cStep: layer.inputStep)
        return GemmProblem(shape: shape)
            .kernelCase("\(layer.title("data gradient", products)): gemm")
    }

    /// dU += Vᵀ · D
    private static func weightGradient(
        _ layer: WinogradLayer, _ products: WinogradLayer.Products
    ) -> KernelCase {
        let shape = SmallGemmShape(
            count: products.elements, m: layer.inputs, n: layer.outputs, k: products.tiles,
            aRow: 1, aColumn: layer.inputs, bRow: layer.outputs, cRow: layer.outputs,
            aStep: layer.inputStep, bStep: layer.outputStep, cStep: layer.weightStep)
        return GemmProblem(shape: shape, accumulating: true)
            .kernelCase("\(layer.title("weight gradient", products)): gemm")
    }

    // MARK: - Fully connected layers

    private struct Connected {
        let name: String
        let inputs: Int
        let outputs: Int
    }

    private static let hidden = [
        Connected(name: "fc1", inputs: 1152, outputs: 256),
        Connected(name: "fc2", inputs: 256, outputs: 128),
    ]
    /// Ten outputs padded to a vector, in inference; in training OpenBLAS computes this layer.
    private static let last = Connected(name: "fc3", inputs: 128, outputs: 16)

    private static var connected: [KernelCase] {
        (hidden + [last]).flatMap { layer in [8, 4, 1].map { forward(layer, samples: $0) } }
            + threadCounts.map { forward(hidden[0], samples: 1, threads: $0) }
            + hidden.map(dataGradient)
            + hidden.flatMap { [weightGradient($0, batch: 64), weightGradient($0, batch: 256)] }
    }

    /// y += x · Wᵀ on rows that hold the bias; the engine transposes W once a step.
    private static func forward(
        _ layer: Connected, samples: Int, threads: Int = 1
    ) -> KernelCase {
        let outputs = layer.outputs / threads
        let shape = SmallGemmShape(
            m: samples, n: outputs, k: layer.inputs, aRow: layer.inputs, bRow: layer.outputs,
            cRow: layer.outputs)
        let part = threads == 1 ? "" : ", \(outputs) outputs"
        return GemmProblem(shape: shape, accumulating: true, offersTransposedB: true).kernelCase(
            "\(layer.name) forward N\(samples) \(layer.inputs)→\(layer.outputs)\(part): gemm")
    }

    /// dx = dy · W
    private static func dataGradient(_ layer: Connected) -> KernelCase {
        let samples = 8
        let shape = SmallGemmShape(
            m: samples, n: layer.inputs, k: layer.outputs, aRow: layer.outputs,
            bRow: layer.inputs, cRow: layer.inputs)
        return GemmProblem(shape: shape).kernelCase(
            "\(layer.name) data gradient N\(samples) \(layer.inputs)→\(layer.outputs): gemm")
    }

    /// dW += dyᵀ · x over the batch, for the 32 outputs of one task.
    private static func weightGradient(_ layer: Connected, batch: Int) -> KernelCase {
        let outputs = 32
        let shape = SmallGemmShape(
            m: outputs, n: layer.inputs, k: batch, aRow: 1, aColumn: layer.outputs,
            bRow: layer.inputs, cRow: layer.inputs)
        return GemmProblem(shape: shape, accumulating: true).kernelCase(
            "\(layer.name) weight gradient N\(batch) \(layer.inputs)→\(outputs) "
                + "of \(layer.outputs): gemm")
    }
}
