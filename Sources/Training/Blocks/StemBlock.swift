import Kernels
import LinearAlgebra

/// The first convolution, 5×5 over a single channel, computed directly in front of its normalised
/// map; its output exists only two rows at a time.
///
/// Its weights' gradient is Σ p ⊗ dy over all patches p, with
/// dy = a·g (at the pool's argmaxes) + b·(y − μ) + d, and y = pᵀ·W. The first term is a
/// sum over the argmaxes; the rest is, with P = Σ (p − p̄)(p − p̄)ᵀ, b·P·W + d·Σ p: the output is not
/// needed, only the products of patches, which depend on the image alone.
final class StemBlock: TrainingOperation {
    private let images: Tensor
    private let output: NormalizedMap
    private let title: String
    var sections: SectionGroup?
    private let direct: Direct5
    private let padded: PaddedWeights
    private let parameter: Parameter
    private let pixels: Int
    private var workspaces: [Workspace] = []
    private var chunkGradients: [FloatSlice] = []
    private var chunkProducts = DoubleBuffer(count: 0)

    private struct Workspace {
        let image: FloatSlice
        let rows: FloatSlice
        let columns: FloatSlice
    }

    /// - Parameters:
    ///   - images: the network's input; `output` is pooled.
    init(_ convolution: Conv2d, title: String, from images: Tensor, to output: NormalizedMap) {
        self.images = images
        self.title = title
        let geometry = convolution.geometry
        precondition(
            geometry.input.channels == 1 && geometry.kernelHeight == 5 && geometry.kernelWidth == 5
                && geometry.stride == 1 && geometry.padding == 2)
        self.output = output
        parameter = convolution.weight
        pixels = geometry.input.pixels
        direct = Direct5(
            height: geometry.input.height, width: geometry.input.width,
            channels: output.channels)
        padded = PaddedWeights(convolution.weight, geometry, padsInputs: false)
        output.recompute = { [unowned self] sample, take in
            // Between tasks, when all workspaces are free.
            let chunk = Chunk(index: 0, start: sample, count: 1)
            convolve(images.values(chunk), in: workspaces[0]) { rows, _ in take(rows) }
        }
    }

    func plan(_ capacity: Capacity) {
        output.plan(capacity)
        workspaces = (0..<capacity.workerCount).map { _ in
            Workspace(
                image: FloatBuffer(count: direct.imageCount).all,
                rows: FloatBuffer(count: 2 * direct.width * direct.channels).all,
                columns: FloatBuffer(count: direct.columnCount).all)
        }
        chunkGradients = (0..<capacity.chunkCount).map { _ in FloatBuffer(count: padded.count).all }
        chunkProducts = DoubleBuffer(count: capacity.chunkCount * Direct5.productCount)
    }

    func beginStep() {
        padded.update()
        output.beginStep()
    }

    var gatheredStatistics: [any BatchSums] { output.norm == nil ? [] : [output] }
    var awaitedSums: [any BatchSums] { output.awaitedSums }

    var sectionCosts: [SectionCost] {
        let products = 2 * Double(pixels * direct.channels * Direct5.taps)
        return [
            SectionCost(name: "\(title) forward, moments, pool", flopsPerSample: products),
            // Each window of four pixels has one argmax.
            SectionCost(name: "\(title) backward", flopsPerSample: products / 4),
        ]
    }

    // MARK: - Forward

    func forward(_ pass: Pass) {
        measured(0, pass) { forward(images.values(pass.chunk), pass) }
    }

    func backward(_ pass: Pass, isFirstOfGroup: Bool) {
        measured(1, pass) { backward(images.values(pass.chunk), pass) }
    }

    /// - Parameter x: the chunk's images, `[count, H, W]`.
    private func forward(_ x: FloatSlice, _ pass: Pass) {
        output.beginChunk(pass.chunk)
        let workspace = workspaces[pass.worker]
        for index in 0..<pass.chunk.count {
            convolve(x.slice(index * pixels, count: pixels), in: workspace) { rows, first in
                output.observe(
                    rows, sample: pass.chunk.start + index, firstRow: first, pass.chunk)
            }
        }
        output.finishChunk(pass.chunk)
    }

    /// Hands over an image's convolution, two rows at a time, with the number of the first one.
    private func convolve(
        _ image: FloatSlice, in workspace: Workspace, _ take: (ImageView, Int) -> Void
    ) {
        direct.copy(image, into: workspace.image)
        for row in stride(from: 0, to: direct.height, by: 2) {
            let rows = ImageView(
                workspace.rows, height: min(2, direct.height - row), width: direct.width,
                channels: direct.channels)
            direct.convolve(workspace.image, firstRow: row, weights: padded.values, into: rows)
            take(rows, row)
        }
    }

    // MARK: - Backward

    /// - Parameter x: as in `forward`.
    private func backward(_ x: FloatSlice, _ pass: Pass) {
        let workspace = workspaces[pass.worker]
        let gradient = chunkGradients[pass.chunk.index]
        gradient.fill(0)
        workspace.columns.fill(0)
        for index in 0..<pass.chunk.count {
            let sample = pass.chunk.start + index
            direct.copy(x.slice(index * pixels, count: pixels), into: workspace.image)
            let argmax = output.argmax(sample)
            direct.addPooledGradient(
                workspace.image, g: output.gradient(sample), argmax: argmax.buffer,
                argmaxOffset: argmax.offset, to: gradient)
            direct.addProducts(workspace.image, to: workspace.columns)
        }
        direct.collectProducts(
            workspace.columns, into: chunkProducts,
            offset: pass.chunk.index * Direct5.productCount)
    }

    /// Adds the gradient of one tap in each task.
    func addGradients(_ tap: Int, _ plan: BatchPlan, worker: Int) {
        let taps = Direct5.taps
        let patchCount = Double(plan.sampleCount * pixels)
        let sum = total(tap, plan)
        let constants = output.gradientConstants
        for channel in 0..<parameter.count / taps {
            var atArgmax: Float = 0
            for chunk in 0..<plan.chunkCount {
                atArgmax += chunkGradients[chunk][tap * direct.channels + channel]
            }
            parameter.gradient[tap * (parameter.count / taps) + channel] +=
                constants.a[channel] * atArgmax + constants.d[channel] * Float(sum)
        }
        for other in 0..<taps {
            let product = total(taps + tap * taps + other, plan)
            let centered = Float(product - sum * total(other, plan) / patchCount)
            for channel in 0..<parameter.count / taps {
                parameter.gradient[tap * (parameter.count / taps) + channel] +=
                    constants.b[channel] * centered
                    * padded.values[other * direct.channels + channel]
            }
        }
    }

    var gradientTaskCount: Int { Direct5.taps }

    /// One of the sums of patches and products, over all chunks in their order.
    private func total(_ index: Int, _ plan: BatchPlan) -> Double {
        var total = 0.0
        for chunk in 0..<plan.chunkCount {
            total += chunkProducts[chunk * Direct5.productCount + index]
        }
        return total
    }
}
