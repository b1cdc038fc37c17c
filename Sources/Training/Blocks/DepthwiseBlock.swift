import Kernels
import LinearAlgebra

/// A convolution of each channel by itself, channels in the vector lanes.
final class DepthwiseBlock: TrainingOperation {
    private let input: MapReader
    private let output: NormalizedMap
    private let title: String
    private let geometry: ConvolutionGeometry
    private let parameter: Parameter
    private let channels: Int
    /// `[kH, kW, C]`, padded; zeros beyond the channels.
    private let weights: FloatSlice
    private var workspaces: [Workspace] = []
    private var groupGradients: [FloatSlice] = []
    var sections: SectionGroup?

    private struct Workspace {
        let image: BorderedImage
        let windows: DepthwiseWindows
        let y: FloatSlice
        let gradient: FloatSlice
    }

    init(_ convolution: Conv2d, title: String, from input: MapReader, to output: NormalizedMap) {
        self.title = title
        self.input = input
        self.output = output
        geometry = convolution.geometry
        parameter = convolution.weight
        channels = output.channels
        weights = FloatBuffer(count: taps * channels).all
    }

    private var taps: Int { geometry.kernels.height * geometry.kernels.width }

    func plan(_ capacity: Capacity) {
        output.plan(capacity)
        workspaces = (0..<capacity.workerCount).map { _ in
            let image = BorderedImage(input, geometry, paddedChannels: true)
            return Workspace(
                image: image, windows: windows(image),
                y: FloatBuffer(count: geometry.output.pixels * channels).all,
                gradient: FloatBuffer(count: input.wantsGradient ? image.image.count : 0).all)
        }
        groupGradients = (0..<capacity.groupCount).map { _ in
            FloatBuffer(count: weights.count).all
        }
    }

    private func windows(_ image: BorderedImage) -> DepthwiseWindows {
        DepthwiseWindows(
            height: geometry.outputHeight, width: geometry.outputWidth, channels: channels,
            kernelHeight: geometry.kernels.height, kernelWidth: geometry.kernels.width,
            strideHeight: geometry.strides.height, strideWidth: geometry.strides.width,
            dilationHeight: geometry.dilations.height, dilationWidth: geometry.dilations.width,
            rowStride: image.rowStride)
    }

    var backwardGrain: Grain { .chunksOfGroup }
    var awaitedStatistics: [any BatchSums] { input.awaitedStatistics }
    var gatheredStatistics: [any BatchSums] { output.norm == nil ? [] : [output] }
    var awaitedSums: [any BatchSums] { output.awaitedSums }
    var gatheredSums: [any BatchSums] { input.gatheredSums }

    var sectionCosts: [SectionCost] {
        let flops = 2 * Double(geometry.output.pixels * channels * taps)
        return [
            SectionCost(name: "\(title) forward, moments, pool", flopsPerSample: flops),
            SectionCost(
                name: "\(title) backward",
                flopsPerSample: (input.wantsGradient ? 2 : 1) * flops),
        ]
    }

    func beginStep() {
        output.beginStep()
        let count = geometry.outputChannels
        copyRows(
            parameter.value, rows: taps, columns: count, stride: count, into: weights,
            stride: channels)
    }

    func forward(_ pass: Pass) {
        measured(0, pass) {
            let workspace = workspaces[pass.worker]
            output.beginChunk(pass.chunk)
            for sample in pass.chunk.start..<pass.chunk.start + pass.chunk.count {
                workspace.image.load(sample, step: pass.step, isAgain: false)
                workspace.windows.convolve(workspace.image.image, weights, into: workspace.y)
                output.observe(
                    outputImage(workspace), sample: sample, firstRow: 0, pass.chunk)
            }
            output.finishChunk(pass.chunk)
        }
    }

    func backward(_ pass: Pass, isFirstOfGroup: Bool) {
        measured(1, pass) {
            let workspace = workspaces[pass.worker]
            let dW = groupGradients[pass.group]
            if isFirstOfGroup { dW.fill(0) }
            input.beginGradient(pass.chunk)
            for sample in pass.chunk.start..<pass.chunk.start + pass.chunk.count {
                output.writeOutputGradient(sample, into: outputImage(workspace))
                workspace.image.load(sample, step: pass.step, isAgain: true)
                workspace.windows.addWeightGradient(
                    workspace.image.image, workspace.y, to: dW)
                guard input.wantsGradient else { continue }
                workspace.gradient.fill(0)
                workspace.windows.addImageGradient(
                    workspace.y, weights, to: workspace.gradient)
                input.takeGradient(
                    workspace.image.interior(of: workspace.gradient), sample: sample, pass.chunk)
            }
            input.finishGradient(pass.chunk)
        }
    }

    private func outputImage(_ workspace: Workspace) -> ImageView {
        ImageView(
            workspace.y, height: geometry.outputHeight, width: geometry.outputWidth,
            channels: channels)
    }

    var gradientTaskCount: Int { 1 }

    func addGradients(_ task: Int, _ plan: BatchPlan, worker: Int) {
        let count = geometry.outputChannels
        for group in 0..<plan.groupCount {
            for tap in 0..<taps {
                add(
                    groupGradients[group].slice(tap * channels, count: count),
                    to: parameter.gradient.slice(tap * count, count: count))
            }
        }
    }
}
