import Kernels
import LinearAlgebra

/// A Winograd convolution between two normalised maps.
final class WinogradBlock {
    private let input: NormalizedMap
    private let output: NormalizedMap
    let geometry: WinogradGeometry
    /// Set by the pass that times its parts.
    var sections: SectionGroup!
    private let weights: WinogradWeights
    private let padded: PaddedWeights
    private var workspaces: [WinogradWorkspace] = []
    private var groupGradients: [FloatSlice] = []

    init(
        _ convolution: Conv2d, outputTile: Int, from input: NormalizedMap, to output: NormalizedMap
    ) {
        self.input = input
        self.output = output
        geometry = WinogradGeometry(convolution.geometry, outputTile: outputTile)
        weights = WinogradWeights(geometry, trains: true)
        padded = PaddedWeights(convolution.weight, convolution.geometry)
    }

    func plan(_ capacity: Capacity) {
        workspaces = (0..<capacity.workerCount).map { _ in
            WinogradWorkspace(geometry, trains: true)
        }
        groupGradients = (0..<capacity.groupCount).map { _ in FloatBuffer(count: padded.count).all }
    }

    // MARK: - Weights

    func beginStep() { padded.update() }

    var weightTaskCount: Int { weights.taskCount }
    func prepareWeights(_ task: Int) { weights.prepare(task, from: padded.values) }

    // MARK: - Forward

    func forward(_ pass: Pass) {
        output.beginChunk(pass.chunk)
        forEachBlock(pass) { workspace, first, count in
            measure(.input, count, pass) {
                for sample in 0..<count {
                    workspace.loadInput(sample) {
                        input.writeValues(first + sample, step: pass.step, into: $0)
                    }
                }
            }
            measure(.products, count, pass) { workspace.multiply(by: weights) }
            measure(.output, count, pass) {
                for sample in 0..<count {
                    output.observe(
                        workspace.output(sample), sample: first + sample, firstRow: 0, pass.chunk)
                }
            }
        }
        output.finishChunk(pass.chunk)
    }

    // MARK: - Backward

    /// One chunk of a group.
    ///
    /// - Parameter isFirst: of its group's; the others' weight gradients are added to its.
    func backward(_ pass: Pass, isFirst: Bool) {
        input.beginChunk(pass.chunk)
        forEachBlock(pass) { workspace, first, count in
            measure(.gradientInput, count, pass) {
                for sample in 0..<count {
                    workspace.loadOutputGradient(sample) {
                        output.writeOutputGradient(first + sample, into: $0)
                    }
                    workspace.loadInput(sample) { input.rewriteValues(first + sample, into: $0) }
                }
            }
            measure(.weightProducts, count, pass) {
                workspace.multiplyWeightGradient(
                    accumulating: !isFirst || first > pass.chunk.start)
            }
            measure(.dataProducts, count, pass) {
                workspace.multiplyDataGradient(by: weights)
            }
            measure(.inputGradient, count, pass) {
                for sample in 0..<count {
                    input.takeGradient(
                        workspace.inputGradient(sample), sample: first + sample, pass.chunk)
                }
            }
        }
        input.finishGradientChunk(pass.chunk)
    }

    /// After a group's last chunk, on the same worker.
    func finishGroup(_ group: Int, worker: Int) {
        sections.measure(BlockPart.weightGradient.rawValue, samples: 0, worker: worker) {
            workspaces[worker].weightGradient(into: groupGradients[group])
        }
    }

    // MARK: - Gradients

    /// Rows of the weight's gradient that one task adds up.
    private static let rowsPerTask = 64

    var gradientTaskCount: Int {
        (padded.rowCount + WinogradBlock.rowsPerTask - 1) / WinogradBlock.rowsPerTask
    }

    /// Adds the groups' gradients in their order.
    func addGradients(_ task: Int, _ plan: BatchPlan) {
        let first = task * WinogradBlock.rowsPerTask
        let rows = first..<min(first + WinogradBlock.rowsPerTask, padded.rowCount)
        for group in 0..<plan.groupCount {
            padded.addGradient(groupGradients[group], rows: rows)
        }
    }

    @inline(__always)
    private func measure(_ part: BlockPart, _ samples: Int, _ pass: Pass, _ body: () -> Void) {
        sections.measure(part.rawValue, samples: samples, worker: pass.worker, body)
    }

    private func forEachBlock(
        _ pass: Pass, _ body: (_ workspace: WinogradWorkspace, _ first: Int, _ count: Int) -> Void
    ) {
        let workspace = workspaces[pass.worker]
        var first = pass.chunk.start
        let end = pass.chunk.start + pass.chunk.count
        while first < end {
            let count = min(geometry.samplesPerBlock, end - first)
            workspace.begin(samples: count)
            body(workspace, first, count)
            first += count
        }
    }
}

extension WinogradGeometry {
    /// - Precondition: a square kernel of 3 or 5, stride 1, and padding that keeps the size.
    init(_ geometry: ConvolutionGeometry, outputTile: Int) {
        precondition(
            geometry.kernelHeight == geometry.kernelWidth && geometry.stride == 1
                && geometry.padding == geometry.kernelHeight / 2)
        self.init(
            kernel: WinogradKernel(outputTile: outputTile, kernelSize: geometry.kernelHeight),
            height: geometry.input.height, width: geometry.input.width,
            inputChannels: geometry.input.channels, outputChannels: geometry.outputChannels)
    }
}
