import TestSupport
import Testing
import TrainingTestSupport

@testable import Training

/// Gives a layer the weights of a case; zero where it has none.
func setGoldenParameters(_ name: String, _ layer: any Layer, _ goldens: GoldenTensors) {
    for (parameter, kind) in zip(layer.parameters, ["weight", "bias"]) {
        let tensor = "\(name).\(kind)"
        parameter.setValue(
            goldens.has(tensor)
                ? goldens.floats(tensor) : .init(repeating: 0, count: parameter.count))
    }
}

/// Compares a layer's output and gradients with a case's.
///
/// - Parameter absolute: the default allows for sums of up to a hundred products of order one, in
///   float32.
func checkGoldenLayer(
    _ name: String, _ layer: any Layer, _ goldens: GoldenTensors, relative: Float = 1e-5,
    absolute: Float = 5e-6, sourceLocation: SourceLocation = #_sourceLocation
) {
    setGoldenParameters(name, layer, goldens)
    let harness = LayerHarness(layer, sampleCount: goldens.shape("\(name).input")[0])
    func expect(_ actual: [Float], _ expected: [Float], _ tensor: String) {
        assertClose(
            actual, expected, relative: relative, absolute: absolute, "\(name).\(tensor)",
            sourceLocation: sourceLocation)
    }
    let output = harness.forward(goldens.channelsLast("\(name).input"))
    expect(output, goldens.channelsLast("\(name).output"), "output")
    let inputGradient = harness.backward(goldens.channelsLast("\(name).output_grad"))
    expect(inputGradient, goldens.channelsLast("\(name).input_grad"), "input_grad")
    for (parameter, kind) in zip(layer.parameters, ["weight", "bias"])
    where goldens.has("\(name).\(kind)") {
        expect(
            parameter.exportedGradient, goldens.floats("\(name).\(kind)_grad"), "\(kind)_grad")
    }
}
