import Kernels
import LinearAlgebra
import TestSupport
import Testing
import Training

/// Runs one layer over a whole batch, chunk by chunk, as a network would.
struct LayerHarness {
    let layer: any Layer
    let sampleCount: Int
    let plan: BatchPlan
    let x: FloatSlice
    let y: FloatSlice
    let dy: FloatSlice
    let dx: FloatSlice

    init(_ layer: any Layer, sampleCount: Int) {
        self.layer = layer
        self.sampleCount = sampleCount
        plan = BatchPlan(sampleCount: sampleCount)
        layer.plan(Capacity(sampleCount: sampleCount, workerCount: 1, trains: true))
        x = FloatBuffer(count: sampleCount * layer.inputShape.count).all
        y = FloatBuffer(count: sampleCount * layer.outputShape.count).all
        dy = FloatBuffer(count: sampleCount * layer.outputShape.count).all
        dx = FloatBuffer(count: sampleCount * layer.inputShape.count).all
    }

    func forward(_ input: [Float], mode: Mode = .training) -> [Float] {
        x.update(from: input)
        let statistics = layer as? any BatchStatisticsLayer
        if mode == .training, let statistics {
            forEachChunk { statistics.collectStatistics(part(x, $0, layer.inputShape), $0) }
            statistics.finishStatistics(plan)
        }
        forEachChunk { chunk in
            layer.forward(
                part(x, chunk, layer.inputShape), into: part(y, chunk, layer.outputShape),
                Pass(mode: mode, chunk: chunk, worker: 0, step: 3))
        }
        return y.array
    }

    /// Backward after a training forward; parameters' gradients are zeroed first.
    func backward(_ upstream: [Float]) -> [Float] {
        dy.update(from: upstream)
        for parameter in layer.parameters { parameter.gradient.fill(0) }
        if let statistics = layer as? any BatchStatisticsLayer {
            forEachChunk { chunk in
                statistics.collectGradientSums(
                    x: part(x, chunk, layer.inputShape), y: part(y, chunk, layer.outputShape),
                    dy: part(dy, chunk, layer.outputShape), chunk)
            }
            statistics.finishGradientSums(plan)
        }
        forEachChunk { chunk in
            layer.backward(
                x: part(x, chunk, layer.inputShape), y: part(y, chunk, layer.outputShape),
                dy: part(dy, chunk, layer.outputShape), into: part(dx, chunk, layer.inputShape),
                Pass(mode: .training, chunk: chunk, worker: 0, step: 3))
        }
        for task in 0..<layer.gradientTaskCount {
            layer.addGradients(task: task, x: x, dy: dy, plan)
        }
        return dx.array
    }

    private func forEachChunk(_ body: (Chunk) -> Void) {
        for index in 0..<plan.chunkCount { body(plan.chunk(index)) }
    }

    private func part(_ slice: FloatSlice, _ chunk: Chunk, _ shape: SampleShape) -> FloatSlice {
        slice.slice(chunk.start * shape.count, count: chunk.count * shape.count)
    }
}

/// Compares a layer's backward with central differences of Σ y·r, for x and each parameter.
///
/// - Parameter step: about 1e-2 for inputs of order one: smaller steps drown in float32 rounding.
/// - Parameter tolerance: of ‖numeric − analytic‖ / ‖analytic‖.
func gradientCheck(
    _ layer: any Layer, sampleCount: Int, input: [Float]? = nil, seed: UInt64,
    step: Float = 1e-2, tolerance: Double = 1e-3, sourceLocation: SourceLocation = #_sourceLocation
) {
    var generator = SeededGenerator(seed: seed)
    let harness = LayerHarness(layer, sampleCount: sampleCount)
    let x = input ?? generator.floats(sampleCount * layer.inputShape.count)
    for parameter in layer.parameters {
        parameter.setValue(generator.floats(parameter.count, from: 0.25, to: 1))
    }
    let upstream = generator.floats(sampleCount * layer.outputShape.count)
    _ = harness.forward(x)
    let dx = harness.backward(upstream)
    let gradients = layer.parameters.map(\.gradient.array)

    func objective(_ input: [Float]) -> Double {
        zip(harness.forward(input), upstream).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    func difference(_ up: Double, _ down: Double, _ high: Float, _ low: Float) -> Float {
        Float((up - down) / (Double(high) - Double(low)))
    }

    var numeric = [Float](repeating: 0, count: x.count)
    for index in x.indices {
        var moved = x
        moved[index] = x[index] + step
        let (high, up) = (moved[index], objective(moved))
        moved[index] = x[index] - step
        numeric[index] = difference(up, objective(moved), high, moved[index])
    }
    expectClose(numeric, dx, "dx", seed, tolerance, sourceLocation)

    for (parameter, gradient) in zip(layer.parameters, gradients) {
        var numeric = [Float](repeating: 0, count: parameter.count)
        for index in 0..<parameter.count {
            let value = parameter.value[index]
            parameter.value[index] = value + step
            let (high, up) = (parameter.value[index], objective(x))
            parameter.value[index] = value - step
            let (low, down) = (parameter.value[index], objective(x))
            parameter.value[index] = value
            numeric[index] = difference(up, down, high, low)
        }
        expectClose(numeric, gradient, parameter.name, seed, tolerance, sourceLocation)
    }
}

private func expectClose(
    _ numeric: [Float], _ analytic: [Float], _ name: String, _ seed: UInt64, _ tolerance: Double,
    _ sourceLocation: SourceLocation
) {
    let error = relativeError(numeric, analytic)
    let norm = analytic.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    if norm < 1e-4 {
        // A gradient that is zero by the mathematics can't be compared in relative terms.
        let largest = numeric.map(\.magnitude).max() ?? 0
        #expect(largest < 2e-3, "\(name) seed \(seed)", sourceLocation: sourceLocation)
    } else {
        #expect(error < tolerance, "\(name) seed \(seed)", sourceLocation: sourceLocation)
    }
}

/// Distinct values at least `gap` apart in random order: no ties for ReLU and max-pool, and a step
/// of a finite difference changes no winner.
func separatedValues(_ count: Int, gap: Float = 0.05, seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    let order = Array(0..<count).shuffled(using: &generator)
    return order.map { (Float($0) - Float(count) / 2 + 0.5) * gap }
}
