import Kernels
import LinearAlgebra

/// A Winograd convolution in front of a normalised map.
final class WinogradBlock: TrainingOperation {
    private let input: MapReader
    private let output: NormalizedMap
    let geometry: WinogradGeometry
    private let title: String
    var sections: SectionGroup?
    private let weights: WinogradWeights
    private let padded: PaddedWeights
    private var workspaces: [WinogradWorkspace] = []
    private var groupGradients: [FloatSlice] = []

    init(
        _ convolution: Conv2d, outputTile: Int, title: String, from input: MapReader,
        to output: NormalizedMap
    ) {
        self.title = title
        self.input = input
        self.output = output
        geometry = WinogradGeometry(convolution.geometry, outputTile: outputTile)
        weights = WinogradWeights(geometry, trains: true)
        padded = PaddedWeights(convolution.weight, convolution.geometry)
    }

    func plan(_ capacity: Capacity) {
        output.plan(capacity)
        workspaces = (0..<capacity.workerCount).map { _ in
            WinogradWorkspace(geometry, trains: true)
        }
        groupGradients = (0..<capacity.groupCount).map { _ in FloatBuffer(count: padded.count).all }
    }

    // MARK: - Weights

    func beginStep() {
        padded.update()
        output.beginStep()
    }

    var preparationTaskCount: Int { weights.taskCount }
    func prepare(_ task: Int) { weights.prepare(task, from: padded.values) }

    var backwardGrain: Grain { .chunksOfGroup }
    var awaitedStatistics: [any BatchSums] { input.awaitedStatistics }
    var gatheredStatistics: [any BatchSums] { output.norm == nil ? [] : [output] }
    var awaitedSums: [any BatchSums] { output.awaitedSums }
    var gatheredSums: [any BatchSums] { input.gatheredSums }

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
    /// - Parameter isFirstOfGroup: the others' weight gradients are added to its.
    func backward(_ pass: Pass, isFirstOfGroup isFirst: Bool) {
        input.beginGradient(pass.chunk)
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
            guard input.wantsGradient else { return }
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
        input.finishGradient(pass.chunk)
    }

    /// After a group's last chunk, on the same worker.
    func finishGroup(_ group: Int, worker: Int) {
        let start = sections?.clock.begin() ?? 0
        workspaces[worker].weightGradient(into: groupGradients[group])
        sections?.end(
            BlockPart.weightGradient.rawValue, since: start, samples: 0, worker: worker)
    }

    // MARK: - Gradients

    /// Rows of the weight's gradient that one task adds up.
    private static let rowsPerTask = 64

    var gradientTaskCount: Int {
        (padded.rowCount + WinogradBlock.rowsPerTask - 1) / WinogradBlock.rowsPerTask
    }

    /// Adds the groups' gradients in their order.
    func addGradients(_ task: Int, _ plan: BatchPlan, worker: Int) {
        let first = task * WinogradBlock.rowsPerTask
        let rows = first..<min(first + WinogradBlock.rowsPerTask, padded.rowCount)
        for group in 0..<plan.groupCount {
            padded.addGradient(groupGradients[group], rows: rows)
        }
    }

    @inline(__always)
    private func measure(_ part: BlockPart, _ samples: Int, _ pass: Pass, _ body: () -> Void) {
        guard let sections else { return body() }
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

/// The parts of a Winograd block whose times are told apart.
private enum BlockPart: Int, CaseIterable {
    case input, products, output
    case gradientInput, weightProducts, dataProducts, inputGradient, weightGradient

    var title: String {
        switch self {
        case .input: "forward: input, transformed"
        case .products: "forward: products"
        case .output: "forward: output, moments, pool"
        case .gradientInput: "backward: gradient and input, transformed"
        case .weightProducts: "backward: products for weights"
        case .dataProducts: "backward: products for data"
        case .inputGradient: "backward: gradient in the input"
        case .weightGradient: "backward: gradient in the weights"
        }
    }
}

extension WinogradBlock {
    /// The work by shapes: operations are those of the products; transforms' aren't counted.
    var sectionCosts: [SectionCost] {
        let elements = Double(geometry.kernel.tileElementCount)
        let places = Double(geometry.neededElementCount)
        let (inputs, outputs) = (Double(geometry.inputs), Double(geometry.outputs))
        let pixels = Double(geometry.height * geometry.width)
        return BlockPart.allCases.map { part in
            var cost = SectionCost(name: "\(title) \(part.title)")
            switch part {
            case .products, .weightProducts, .dataProducts:
                cost.flopsPerSample = 2 * places * inputs * outputs
                cost.bytesPerSample = 4 * places * (inputs + outputs)
                cost.bytesPerCall = 4 * elements * inputs * outputs
            case .input, .inputGradient: cost.bytesPerSample = 4 * (places + pixels) * inputs
            case .output: cost.bytesPerSample = 4 * (places + pixels) * outputs
            case .gradientInput:
                cost.bytesPerSample = 4 * (places + pixels) * (inputs + outputs)
            case .weightGradient:
                cost.bytesPerCall =
                    4 * elements * inputs * outputs + 4 * Double(geometry.weightCount)
            }
            return cost
        }
    }
}
