import Kernels
import LinearAlgebra

/// A convolution of each channel by itself, channels in the vector lanes.
final class DepthwiseBlock: TrainingOperation {
    private let input: MapReader
    private let output: NormalizedMap
    private let title: String
    private let geometry: ConvolutionGeometry
    /// With channels in whole vectors.
    private let padded: ConvolutionGeometry
    private let parameter: Parameter
    private let channels: Int
    /// `[kH, kW, C]`, padded; zeros beyond the channels.
    private let weights: FloatSlice
    private var workspaces: [Workspace] = []
    private var groupGradients: [FloatSlice] = []
    var sections: SectionGroup?

    private struct Workspace {
        let x: ImageView
        let y: ImageView
        let gradient: ImageView?
    }

    init(_ convolution: Conv2d, title: String, from input: MapReader, to output: NormalizedMap) {
        self.title = title
        self.input = input
        self.output = output
        geometry = convolution.geometry
        parameter = convolution.weight
        channels = output.channels
        padded = geometry.depthwise(channels: channels)
        weights = FloatBuffer(count: convolution.geometry.patchCount * output.channels).all
    }

    private var taps: Int { geometry.patchCount }

    func plan(_ capacity: Capacity) {
        output.plan(capacity)
        workspaces = (0..<capacity.workerCount).map { _ in
            Workspace(
                x: ImageView(padded.input), y: ImageView(padded.output),
                gradient: input.wantsGradient ? ImageView(padded.input) : nil)
        }
        groupGradients = (0..<capacity.groupCount).map { _ in
            FloatBuffer(count: weights.count).all
        }
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
                input.writeValues(sample, step: pass.step, into: workspace.x)
                depthwise(
                    workspace.x.values, padded, weights: weights, bias: nil,
                    into: workspace.y.values)
                output.observe(workspace.y, sample: sample, firstRow: 0, pass.chunk)
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
                output.writeOutputGradient(sample, into: workspace.y)
                input.rewriteValues(sample, into: workspace.x)
                depthwiseWeightGradient(
                    x: workspace.x.values, dy: workspace.y.values, padded, addingTo: dW)
                guard let gradient = workspace.gradient else { continue }
                depthwiseInputGradient(
                    dy: workspace.y.values, padded, weights: weights, into: gradient.values)
                input.takeGradient(gradient, sample: sample, pass.chunk)
            }
            input.finishGradient(pass.chunk)
        }
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

extension ConvolutionGeometry {
    /// The same of another number of channels, each by itself.
    func depthwise(channels: Int) -> ConvolutionGeometry {
        ConvolutionGeometry(
            input: SampleShape(height: input.height, width: input.width, channels: channels),
            outputChannels: channels, kernel: kernel, stride: strides, padding: paddings,
            dilation: dilations, groups: channels)
    }
}

extension ImageView {
    /// An image with memory of its own.
    init(_ shape: SampleShape) {
        self.init(
            FloatBuffer(count: shape.count).all, height: shape.height, width: shape.width,
            channels: shape.channels)
    }
}
