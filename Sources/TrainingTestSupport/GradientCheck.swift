import Kernels
import Training

/// Compares a layer's backward pass with central differences of Σ y·r, r random, for the input and
/// each parameter; and the memory that it says it needs with what it uses.
///
///     let report = GradientCheck.run(MyLayer(shape), sampleCount: 9)
///     try report.check()
///
/// Kinks (of ReLU, of a maximum) spoil differences: give inputs of `separatedValues` then. The
/// layer's random numbers must depend on its pass's step and the place in the batch alone.
public enum GradientCheck {
    /// - Parameters:
    ///   - sampleCount: more than `BatchPlan.chunkSize` to have several chunks.
    ///   - input: uniform in ±1 if nil.
    ///   - parameters: each parameter's values in PyTorch's order; uniform in 0.25...1 if nil.
    ///   - seed: of random numbers.
    ///   - step: about 1e-2 for values of order one: smaller ones drown in float32's rounding.
    public static func run(
        _ layer: any Layer, sampleCount: Int, input: [Float]? = nil, parameters: [[Float]]? = nil,
        seed: UInt64 = 1, step: Float = 1e-2
    ) -> GradientReport {
        var random = RandomFloats(seed: seed)
        let x = input ?? random.floats(sampleCount * layer.inputShape.count)
        for (index, parameter) in layer.parameters.enumerated() {
            parameter.setValue(
                parameters?[index] ?? random.floats(parameter.count, from: 0.25, to: 1))
        }
        let upstream = random.floats(sampleCount * layer.outputShape.count)
        let differences = Differences(
            harness: LayerHarness(layer, sampleCount: sampleCount), x: x, upstream: upstream,
            step: step)
        let analytic = Gradients(differences.harness, x, upstream)
        var entries = [GradientReport.Entry("dx", differences.inInput(), analytic.input)]
        for (parameter, gradient) in zip(layer.parameters, analytic.parameters) {
            entries.append(.init(parameter.name, differences.inParameter(parameter), gradient))
        }
        return GradientReport(
            entries: entries, memoryFaults: memoryFaults(layer, sampleCount, x, upstream, analytic))
    }

    /// What differs when the memory is used as the layer says it may be.
    private static func memoryFaults(
        _ layer: any Layer, _ sampleCount: Int, _ x: [Float], _ upstream: [Float],
        _ expected: Gradients
    ) -> [String] {
        var ways: [(LayerHarness.Memory, String)] = [
            (.forgotten, "the backward pass reads more than \(layer.backwardReads.text)")
        ]
        switch layer.memoryUse {
        case .separate: break
        case .inPlace: ways.append((.inPlace, "in place"))
        case .gradientOverInput:
            ways.append((.gradientOverInput, "with the gradient over the input"))
        }
        return ways.flatMap { memory, text in
            let found = Gradients(
                LayerHarness(layer, sampleCount: sampleCount, memory: memory), x, upstream)
            return found.differing(from: expected, layer).map { "\($0) differs: \(text)" }
        }
    }
}

/// A backward pass's results.
private struct Gradients {
    let output: [Float]
    let input: [Float]
    let parameters: [[Float]]

    init(_ harness: LayerHarness, _ x: [Float], _ upstream: [Float]) {
        output = harness.forward(x)
        input = harness.backward(upstream)
        parameters = harness.layer.parameters.map(\.exportedGradient)
    }

    func differing(from other: Gradients, _ layer: any Layer) -> [String] {
        var names: [String] = []
        if output != other.output { names.append("y") }
        if input != other.input { names.append("dx") }
        for (index, parameter) in layer.parameters.enumerated()
        where parameters[index] != other.parameters[index] {
            names.append(parameter.name)
        }
        return names
    }
}

/// Central differences of Σ y·r, divided by the step that was really taken.
private struct Differences {
    let harness: LayerHarness
    let x: [Float]
    let upstream: [Float]
    let step: Float

    func inInput() -> [Float] {
        x.indices.map { index in
            var moved = x
            moved[index] = x[index] + step
            let (high, up) = (moved[index], objective(moved))
            moved[index] = x[index] - step
            return quotient(up, objective(moved), high, moved[index])
        }
    }

    /// In PyTorch's order.
    func inParameter(_ parameter: Parameter) -> [Float] {
        let values = parameter.exportedValue
        defer { parameter.setValue(values) }
        return values.indices.map { index in
            var moved = values
            moved[index] = values[index] + step
            parameter.setValue(moved)
            let (high, up) = (moved[index], objective(x))
            moved[index] = values[index] - step
            parameter.setValue(moved)
            return quotient(up, objective(x), high, moved[index])
        }
    }

    private func objective(_ input: [Float]) -> Double {
        zip(harness.forward(input), upstream).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    private func quotient(_ up: Double, _ down: Double, _ high: Float, _ low: Float) -> Float {
        Float((up - down) / (Double(high) - Double(low)))
    }
}

extension BackwardReads {
    fileprivate var text: String {
        let names = [(BackwardReads.input, "x"), (.output, "y"), (.outputSign, "the sign of y")]
            .filter { contains($0.0) }.map(\.1)
        return names.isEmpty ? "dy" : (["dy"] + names).joined(separator: ", ")
    }
}
