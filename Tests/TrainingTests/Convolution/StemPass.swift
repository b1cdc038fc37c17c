import Kernels
import LinearAlgebra
import TestSupport

@testable import Training

/// The first convolution with its batch norm, ReLU and pool, forward and backward, through the fused
/// block, and its weights' gradient from the obvious formulas in double precision.
struct StemPass {
    let plain = ConvolutionCase.conv1.plain
    private let operands: ConvolutionOperands
    /// The convolution's weight gradient as the block computes it.
    private(set) var dW: [Float] = []
    /// The gradient in the convolution's output, `[pixel][output]` by sample, in double precision.
    private(set) var dy: [[Double]] = []

    init(_ operands: ConvolutionOperands, seed: UInt64) {
        self.operands = operands
        var generator = SeededGenerator(seed: seed)
        let convolution = Conv2d(name: "conv1", geometry: ConvolutionCase.conv1.geometry)
        convolution.weight.value.update(from: FloatSlice(operands.weights))
        let norm = BatchNorm2d(name: "bn1", convolution.outputShape, tail: .reluAndMaxPool)
        // Of either sign.
        norm.weight.setValue(generator.normals(plain.outputs))
        norm.bias.setValue(generator.normals(plain.outputs))
        let map = NormalizedMap(
            convolution.outputShape, bias: convolution.bias,
            tail: NormalizedMap.Tail(norm: norm, isPooled: true), isSparse: true)
        let images = Tensor(convolution.inputShape, wantsGradient: false)
        images.planValues(sampleCount: operands.x.count)
        images.values.update(from: operands.x.flatMap { $0 })
        run(
            StemBlock(convolution, title: "conv1", from: images, to: map), map.makeReader(), map,
            &generator)
        dW = convolution.weight.gradient.array
        findGradient(map, norm)
    }

    private var sampleCount: Int { operands.x.count }

    private func run(
        _ stem: StemBlock, _ reader: MapReader, _ map: NormalizedMap,
        _ generator: inout SeededGenerator
    ) {
        let plan = BatchPlan(sampleCount: sampleCount)
        let capacity = Capacity(sampleCount: sampleCount, workerCount: 1, trains: true)
        stem.plan(capacity)
        stem.beginStep()
        func forEachChunk(_ body: (Pass) -> Void) {
            for index in 0..<plan.chunkCount {
                body(Pass(mode: .training, chunk: plan.chunk(index), worker: 0))
            }
        }
        forEachChunk { stem.forward($0) }
        map.finishStatistics(plan)
        let pooled = SampleShape(height: 14, width: 14, channels: plain.outputs)
        forEachChunk { pass in
            reader.beginGradient(pass.chunk)
            for sample in 0..<pass.chunk.count {
                let du = ImageView(
                    FloatSlice(generator.normals(pooled.count)), height: pooled.height,
                    width: pooled.width, channels: pooled.channels)
                reader.takeGradient(du, sample: pass.chunk.start + sample, pass.chunk)
            }
            reader.finishGradient(pass.chunk)
        }
        map.finishGradientSums(plan)
        forEachChunk { stem.backward($0, isFirstOfGroup: true) }
        for task in 0..<stem.gradientTaskCount { stem.addGradients(task, plan, worker: 0) }
    }

    /// With g the gradient at the pixels that the map chose, which it got exactly:
    /// dy = γ/σ · (g − Σ g / n − x̂ · Σ g·x̂ / n).
    private mutating func findGradient(_ map: NormalizedMap, _ norm: BatchNorm2d) {
        let outputs = plain.outputs
        let y = operands.x.map { x in
            (0..<plain.outputCount).map {
                plain.output($0, x: x, weights: operands.weights)
            }
        }
        dy = (0..<sampleCount).map { chosenGradient(map, $0) }
        let n = Double(sampleCount * plain.height * plain.width)
        for channel in 0..<outputs {
            let places = stride(from: channel, to: plain.outputCount, by: outputs)
            func total(_ value: (_ sample: Int, _ place: Int) -> Double) -> Double {
                var sum = 0.0
                for sample in 0..<sampleCount {
                    for place in places { sum += value(sample, place) }
                }
                return sum
            }
            let mean = total { y[$0][$1] } / n
            let variance = total { (y[$0][$1] - mean) * (y[$0][$1] - mean) } / n
            let inverse = 1 / (variance + BatchNorm2d.epsilon).squareRoot()
            let sum = total { dy[$0][$1] } / n
            let product = total { dy[$0][$1] * (y[$0][$1] - mean) * inverse } / n
            let scale = Double(norm.weight.value[channel]) * inverse
            for sample in 0..<sampleCount {
                for place in places {
                    let normalized = (y[sample][place] - mean) * inverse
                    dy[sample][place] = scale * (dy[sample][place] - sum - normalized * product)
                }
            }
        }
    }

    private func chosenGradient(_ map: NormalizedMap, _ sample: Int) -> [Double] {
        var result = [Double](repeating: 0, count: plain.outputCount)
        let (g, argmax) = (map.gradient(sample).array, map.argmax(sample))
        for index in g.indices {
            let (window, channel) = (index / plain.outputs, index % plain.outputs)
            let place = Int(argmax.buffer.pointer[argmax.offset + index])
            let row = window / (plain.width / 2) * 2 + place / 2
            let column = window % (plain.width / 2) * 2 + place % 2
            result[(row * plain.width + column) * plain.outputs + channel] = Double(g[index])
        }
        return result
    }
}
