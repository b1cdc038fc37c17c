import Kernels
import LinearAlgebra

/// A network's layers one by one in evaluation mode, a chunk at a time: the reference.
///
/// Workers have memory of their own for each value of the graph; nothing is kept for later.
final class LayerEvaluation {
    private let graph: NetworkGraph
    private let stages: [NetworkPlanner.Stage]
    private let layers: [Int: any Layer]
    private let clock: SectionClock
    private let workerCount: Int
    /// For each worker: the input, then each node's output.
    private let memory: [[FloatSlice]]

    init(
        _ graph: NetworkGraph, _ stages: [NetworkPlanner.Stage], _ layers: [Int: any Layer],
        _ clock: SectionClock, workerCount: Int
    ) {
        self.graph = graph
        self.stages = stages
        self.layers = layers
        self.clock = clock
        self.workerCount = workerCount
        let lasts = Set(stages.map(\.last))
        memory = (0..<workerCount).map { _ in
            ([graph.input] + graph.nodes.map(\.output)).enumerated().map { index, shape in
                let isUsed = index == 0 || lasts.contains(index - 1)
                return FloatBuffer(count: isUsed ? BatchPlan.chunkSize * shape.count : 0).all
            }
        }
    }

    /// Takes the layers' memory, unless training did.
    func plan() {
        let capacity = Capacity(
            sampleCount: workerCount * BatchPlan.chunkSize, workerCount: workerCount,
            trains: false)
        for layer in layers.values { layer.plan(capacity) }
    }

    /// A section for each stage, then loading and what is done with the outputs.
    static func costs(
        _ graph: NetworkGraph, _ stages: [NetworkPlanner.Stage], _ layers: [Int: any Layer]
    ) -> [SectionCost] {
        let titles = graph.titles
        let (inputs, outputs) = (Double(graph.input.count), Double(graph.outputShape.count))
        return stages.map { stage in
            layers[stage.first]?.cost(.forward, isFirst: false, named: titles[stage.first])
                ?? SectionCost(name: titles[stage.first])
        } + [
            // A byte becomes a float by a table.
            SectionCost(name: "load images", bytesPerSample: 5 * inputs),
            SectionCost(
                name: "softmax", flopsPerSample: 4 * outputs, bytesPerSample: 8 * outputs),
        ]
    }

    func run(
        _ chunk: Chunk, worker: Int, _ load: (_ chunk: Chunk, _ inputs: FloatSlice) -> Void,
        _ consume: (_ chunk: Chunk, _ outputs: FloatSlice) -> Void
    ) {
        let pass = Pass(mode: .evaluation, chunk: chunk, worker: worker)
        measure(stages.count, pass) { load(chunk, value(.input, pass)) }
        for (index, stage) in stages.enumerated() {
            measure(index, pass) { compute(stage, pass) }
        }
        measure(stages.count + 1, pass) { consume(chunk, value(graph.output, pass)) }
    }

    private func compute(_ stage: NetworkPlanner.Stage, _ pass: Pass) {
        let y = value(.node(stage.last), pass)
        let inputs = graph.nodes[stage.first].inputs
        switch stage {
        case .layer(let node, _, _, _):
            layers[node]!.forward(value(inputs[0], pass), into: y, pass)
        case .add:
            y.update(from: value(inputs[0], pass))
            for index in 1..<inputs.count { add(value(inputs[index], pass), to: y) }
        case .concat: concatenate(inputs, into: y, stage.last, pass)
        case .convolution, .pooledMap:
            preconditionFailure("a fused stage in the layers' evaluation")
        }
    }

    private func concatenate(
        _ inputs: [NetworkGraph.Source], into y: FloatSlice, _ node: Int, _ pass: Pass
    ) {
        var offset = 0
        for input in inputs {
            let shape = graph.shape(input)
            copyRows(
                value(input, pass), rows: pass.chunk.count * shape.pixels,
                columns: shape.channels, stride: shape.channels,
                into: y.slice(offset, count: y.count - offset),
                stride: graph.nodes[node].output.channels)
            offset += shape.channels
        }
    }

    private func value(_ source: NetworkGraph.Source, _ pass: Pass) -> FloatSlice {
        let index = if case .node(let node) = source { node + 1 } else { 0 }
        return memory[pass.worker][index].slice(
            0, count: pass.chunk.count * graph.shape(source).count)
    }

    @inline(__always)
    private func measure(_ section: Int, _ pass: Pass, _ body: () -> Void) {
        clock.measure(section, samples: Double(pass.chunk.count), worker: pass.worker, body)
    }
}

extension NetworkPlanner.Stage {
    var first: Int {
        switch self {
        case .convolution(let fused): fused.node
        case .layer(let node, _, _, _), .add(let node), .concat(let node), .pooledMap(let node):
            node
        }
    }

    var last: Int {
        switch self {
        case .convolution(let fused): fused.last
        case .layer(_, _, let last, _): last
        case .add(let node), .concat(let node), .pooledMap(let node): node
        }
    }
}
