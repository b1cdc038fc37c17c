import Kernels
import TestSupport
import Testing

@testable import Training

/// The state of a network that no configuration describes.
@Suite struct NetworkStateTests {
    private func network() -> Network {
        let input = SampleShape(height: 6, width: 5, channels: 2)
        let convolution = Conv2d(
            name: "stem",
            geometry: ConvolutionGeometry(
                input: input, outputChannels: 3, kernelHeight: 3, kernelWidth: 3, padding: 1))
        let norm = BatchNorm2d(name: "norm", convolution.outputShape, tail: .relu)
        let flatten = Flatten(norm.outputShape)
        return Network(
            [
                convolution, norm, flatten,
                Linear(name: "head", input: flatten.outputShape, outputCount: 4),
            ], pool: WorkerPool(threadCount: 1))
    }

    private static let names = [
        "stem.weight", "stem.bias", "norm.weight", "norm.bias", "norm.running_mean",
        "norm.running_var", "norm.num_batches_tracked", "head.weight", "head.bias",
    ]

    @Test func theLayoutTellsTheStateBeforeItIsRead() throws {
        let state = network().stateDictionary()
        #expect(state.entries.map(\.name) == Self.names)
        let layout = network().stateLayout
        #expect(layout.map(\.name) == Self.names)
        #expect(layout.map(\.shape) == state.entries.map(\.shape))
        #expect(layout.filter(\.isInteger).map(\.name) == ["norm.num_batches_tracked"])
        let model = SmallModel.make(SmallModel.config)
        #expect(
            try model.network.stateLayout
                == model.config.network(inputHeight: 28, inputWidth: 28).graph().stateLayout)
    }

    @Test func anotherNetworksStateIsTakenOver() throws {
        let (first, second) = (network(), network())
        var random = SeededGenerator(seed: 4)
        for parameter in first.parameters { parameter.setValue(random.floats(parameter.count)) }
        #expect(first.stateDictionary() != second.stateDictionary())
        try second.load(first.stateDictionary())
        #expect(first.stateDictionary() == second.stateDictionary())
    }

    @Test func aStateThatDoesNotFitIsNamedAndChangesNothing() {
        let network = network()
        let before = network.stateDictionary()
        func expect(_ error: StateDictionaryError, _ change: (inout StateDictionary) -> Void) {
            var state = before
            change(&state)
            #expect(throws: error) { try network.load(state) }
            #expect(network.stateDictionary() == before)
        }
        expect(.missing(name: "head.bias", shape: [4])) { $0.entries.removeLast() }
        expect(.misshapen(name: "head.bias", shape: [2], expected: [4])) {
            $0.entries[8] = .init(name: "head.bias", shape: [2], values: .floats([0, 0]))
        }
        expect(.surplus(name: "tail", shape: [])) {
            $0.entries.append(.init(name: "tail", shape: [], values: .integers([1])))
        }
        expect(.wrongType(name: "norm.num_batches_tracked")) {
            $0.entries[6] = .init(
                name: "norm.num_batches_tracked", shape: [], values: .floats([0]))
        }
    }
}
