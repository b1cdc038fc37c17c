import Kernels
import LinearAlgebra

/// The adaptive average pool behind the last normalised map: features for the fully connected layers.
final class PoolingHead {
    private let input: NormalizedMap
    private let pool: AdaptiveAvgPool2d
    private let channels: Int
    private var workspaces: [Workspace] = []

    private struct Workspace {
        let image: FloatSlice
        let features: FloatSlice
    }

    init(_ pool: AdaptiveAvgPool2d, from input: NormalizedMap) {
        self.pool = pool
        self.input = input
        channels = input.channels
    }

    private var paddedInput: SampleShape {
        SampleShape(
            height: pool.inputShape.height, width: pool.inputShape.width, channels: channels)
    }
    private var paddedOutput: SampleShape {
        SampleShape(
            height: pool.outputShape.height, width: pool.outputShape.width, channels: channels)
    }

    func plan(_ capacity: Capacity) {
        workspaces = (0..<capacity.workerCount).map { _ in
            Workspace(
                image: FloatBuffer(count: paddedInput.count).all,
                features: FloatBuffer(count: paddedOutput.count).all)
        }
    }

    /// - Parameter features: overwritten; the chunk's, `[count, H, W, C]`.
    func forward(into features: FloatSlice, _ pass: Pass) {
        let workspace = workspaces[pass.worker]
        for index in 0..<pass.chunk.count {
            input.writeValues(
                pass.chunk.start + index, step: pass.step, into: image(workspace))
            adaptiveAveragePool(
                workspace.image, paddedInput, into: workspace.features, paddedOutput)
            let shape = pool.outputShape
            copyRows(
                workspace.features, rows: shape.pixels, columns: shape.channels, stride: channels,
                into: features.sample(index, shape), stride: shape.channels)
        }
    }

    /// - Parameter dy: the gradient in the chunk's features.
    func backward(_ dy: FloatSlice, _ pass: Pass) {
        let workspace = workspaces[pass.worker]
        input.beginChunk(pass.chunk)
        for index in 0..<pass.chunk.count {
            let shape = pool.outputShape
            copyRows(
                dy.sample(index, shape), rows: shape.pixels, columns: shape.channels,
                stride: shape.channels, into: workspace.features, stride: channels)
            adaptiveAveragePoolGradient(
                dy: workspace.features, paddedOutput, into: workspace.image, paddedInput)
            input.takeGradient(
                image(workspace), sample: pass.chunk.start + index, pass.chunk)
        }
        input.finishGradientChunk(pass.chunk)
    }

    private func image(_ workspace: Workspace) -> ImageView {
        ImageView(
            workspace.image, height: paddedInput.height, width: paddedInput.width,
            channels: channels)
    }
}
