import Kernels
import LinearAlgebra

/// What a map's readers see, written to a tensor for layers that read one: as it is, or averaged over the
/// windows of an adaptive pool.
final class MapOutput: TrainingOperation {
    private let input: MapReader
    private let output: Tensor
    private let pools: Bool
    private let channels: Int
    private let title: String
    private var workspaces: [Workspace] = []
    var sections: SectionGroup?

    private struct Workspace {
        let image: FloatSlice
        let pooled: FloatSlice
    }

    /// - Parameter pools: average over windows that cover the map evenly; else the shapes are the same.
    init(title: String, from input: MapReader, to output: Tensor, pools: Bool) {
        self.title = title
        self.input = input
        self.output = output
        self.pools = pools
        channels = input.channels
        precondition(pools || input.shape == output.shape)
    }

    var awaitedStatistics: [any BatchSums] { input.awaitedStatistics }
    var gatheredSums: [any BatchSums] { input.gatheredSums }

    var sectionCosts: [SectionCost] {
        let count = Double(input.shape.count)
        return ["forward", "backward"].map {
            SectionCost(
                name: "\(title) \($0)", flopsPerSample: pools ? count : 0,
                bytesPerSample: 4 * (count + Double(output.shape.count)))
        }
    }

    private var paddedInput: SampleShape {
        SampleShape(
            height: input.shape.height, width: input.shape.width, channels: channels)
    }
    private var paddedOutput: SampleShape {
        SampleShape(
            height: output.shape.height, width: output.shape.width, channels: channels)
    }

    func plan(_ capacity: Capacity) {
        workspaces = (0..<capacity.workerCount).map { _ in
            Workspace(
                image: FloatBuffer(count: paddedInput.count).all,
                pooled: FloatBuffer(count: pools ? paddedOutput.count : 0).all)
        }
    }

    func forward(_ pass: Pass) {
        measured(0, pass) {
            let workspace = workspaces[pass.worker]
            let features = output.values(pass.chunk)
            for index in 0..<pass.chunk.count {
                input.writeValues(
                    pass.chunk.start + index, step: pass.step, into: image(workspace))
                if pools {
                    adaptiveAveragePool(
                        workspace.image, paddedInput, into: workspace.pooled, paddedOutput)
                }
                let shape = output.shape
                copyRows(
                    pools ? workspace.pooled : workspace.image, rows: shape.pixels,
                    columns: shape.channels, stride: channels,
                    into: features.sample(index, shape), stride: shape.channels)
            }
        }
    }

    func backward(_ pass: Pass, isFirstOfGroup: Bool) {
        measured(1, pass) {
            let workspace = workspaces[pass.worker]
            let dy = output.gradient(pass.chunk)
            input.beginGradient(pass.chunk)
            for index in 0..<pass.chunk.count {
                let shape = output.shape
                copyRows(
                    dy.sample(index, shape), rows: shape.pixels, columns: shape.channels,
                    stride: shape.channels, into: pools ? workspace.pooled : workspace.image,
                    stride: channels)
                if pools {
                    adaptiveAveragePoolGradient(
                        dy: workspace.pooled, paddedOutput, into: workspace.image, paddedInput)
                }
                input.takeGradient(
                    image(workspace), sample: pass.chunk.start + index, pass.chunk)
            }
            input.finishGradient(pass.chunk)
        }
    }

    private func image(_ workspace: Workspace) -> ImageView {
        ImageView(
            workspace.image, height: paddedInput.height, width: paddedInput.width,
            channels: channels)
    }
}
