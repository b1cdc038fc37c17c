import Kernels
import LinearAlgebra

/// The sum of tensors.
final class AddOperation: TrainingOperation {
    private let inputs: [TensorReader]
    private let output: Tensor
    private let title: String
    var sections: SectionGroup?

    init(title: String, from inputs: [TensorReader], to output: Tensor) {
        self.title = title
        self.inputs = inputs
        self.output = output
    }

    /// Additions of a sample, forward.
    static func flops(_ inputCount: Int, _ shape: SampleShape) -> Double {
        Double((inputCount - 1) * shape.count)
    }

    var sectionCosts: [SectionCost] {
        let count = Double(inputs.count * output.shape.count)
        let flops = AddOperation.flops(inputs.count, output.shape)
        // Back, the gradient is handed on to each.
        return [("forward", flops), ("backward", count)].map { direction, flops in
            SectionCost(
                name: "\(title) \(direction)", flopsPerSample: flops, bytesPerSample: 8 * count)
        }
    }

    func plan(_ capacity: Capacity) {}

    func forward(_ pass: Pass) {
        measured(0, pass) {
            let sum = output.values(pass.chunk)
            sum.update(from: inputs[0].tensor.values(pass.chunk))
            for index in 1..<inputs.count {
                add(inputs[index].tensor.values(pass.chunk), to: sum)
            }
        }
    }

    func backward(_ pass: Pass, isFirstOfGroup: Bool) {
        guard output.wantsGradient else { return }
        measured(1, pass) {
            let dy = output.gradient(pass.chunk)
            for index in inputs.indices { inputs[index].take(dy, pass.chunk) }
        }
    }
}

/// The channels of tensors, one tensor's after another's.
final class ConcatOperation: TrainingOperation {
    private let inputs: [TensorReader]
    /// Channels before each input's.
    private let offsets: [Int]
    private let output: Tensor
    private let title: String
    private var scratch: [FloatSlice] = []
    var sections: SectionGroup?

    init(title: String, from inputs: [TensorReader], to output: Tensor) {
        self.title = title
        self.inputs = inputs
        self.output = output
        offsets = inputs.reduce(into: [0]) { $0.append($0.last! + $1.tensor.shape.channels) }
    }

    var sectionCosts: [SectionCost] {
        ["forward", "backward"].map {
            SectionCost(
                name: "\(title) \($0)", bytesPerSample: 8 * Double(output.shape.count))
        }
    }

    func plan(_ capacity: Capacity) {
        let largest = inputs.map(\.tensor.shape.count).max()!
        scratch = (0..<capacity.workerCount).map { _ in
            FloatBuffer(count: BatchPlan.chunkSize * largest).all
        }
    }

    func forward(_ pass: Pass) {
        measured(0, pass) {
            let y = output.values(pass.chunk)
            for index in inputs.indices {
                let x = inputs[index].tensor
                copyRows(
                    x.values(pass.chunk), rows: pass.chunk.count * x.shape.pixels,
                    columns: x.shape.channels, stride: x.shape.channels,
                    into: y.slice(offsets[index], count: y.count - offsets[index]),
                    stride: output.shape.channels)
            }
        }
    }

    func backward(_ pass: Pass, isFirstOfGroup: Bool) {
        guard output.wantsGradient else { return }
        measured(1, pass) {
            let dy = output.gradient(pass.chunk)
            for index in inputs.indices {
                let x = inputs[index].tensor
                guard
                    let dx = inputs[index].gradient(pass.chunk, scratch: scratch[pass.worker])
                else { continue }
                copyRows(
                    dy.slice(offsets[index], count: dy.count - offsets[index]),
                    rows: pass.chunk.count * x.shape.pixels, columns: x.shape.channels,
                    stride: output.shape.channels, into: dx, stride: x.shape.channels)
                inputs[index].finish(pass.chunk, scratch: scratch[pass.worker])
            }
        }
    }
}

extension TensorReader {
    /// Takes a gradient that lies in other memory.
    fileprivate func take(_ dy: FloatSlice, _ chunk: Chunk) {
        guard tensor.wantsGradient else { return }
        let target = tensor.gradient(chunk)
        if addsGradient { add(dy, to: target) } else { target.update(from: dy) }
    }
}
