import Kernels
import LinearAlgebra
import Testing
import Training
import TrainingTestSupport

/// The check itself: right layers pass, and each kind of mistake is found and named.
@Suite struct GradientCheckTests {
    @Test func aRightLayerPasses() throws {
        let report = GradientCheck.run(Scaled(), sampleCount: 9)
        try report.check()
        #expect(report.entries.map(\.name) == ["dx", "factor"])
        #expect(report.largestRelativeError < 1e-3)
    }

    @Test func aWrongInputGradientIsFound() {
        expectError(Scaled(inputGradientFactor: 1.01), wrong: ["dx"])
    }

    @Test func aWrongParameterGradientIsFound() {
        expectError(Scaled(parameterGradientFactor: -1), wrong: ["factor"])
    }

    @Test func aGradientThatIsNotANumberIsFound() {
        expectError(Scaled(inputGradientFactor: .nan), wrong: ["dx"])
    }

    @Test func readingMoreThanIsSaidIsFound() {
        expectError(Scaled(reads: []), wrong: [], saying: "reads more than dy")
    }

    @Test func memoryThatCannotBeSharedIsFound() {
        expectError(Scaled(memoryUse: .inPlace), wrong: [], saying: "in place")
    }

    @Test(arguments: [6, 7]) func separatedValuesLieApartAndOffZero(count: Int) {
        let values = separatedValues(count, gap: 0.5).sorted()
        #expect(values.allSatisfy { $0.magnitude >= 0.25 })
        #expect(zip(values, values.dropFirst()).allSatisfy { $1 - $0 == 0.5 })
    }

    private func expectError(_ layer: Scaled, wrong: [String], saying text: String = "") {
        let error = #expect(throws: GradientError.self) {
            try GradientCheck.run(layer, sampleCount: 9).check()
        }
        #expect(error?.wrong == wrong)
        let description = error?.description ?? ""
        #expect(text.isEmpty || description.contains(text), "\(description)")
    }
}

/// y = factor · x, with mistakes on demand.
private final class Scaled: Layer {
    let inputShape = SampleShape(height: 2, width: 3, channels: 1)
    let memoryUse: MemoryUse
    let backwardReads: BackwardReads
    private let factor = Parameter(name: "factor", layout: .plain([1]))
    private let inputGradientFactor: Float
    private let parameterGradientFactor: Float
    private var chunkGradients: [Float] = []

    init(
        inputGradientFactor: Float = 1, parameterGradientFactor: Float = 1,
        reads: BackwardReads = .input, memoryUse: MemoryUse = .separate
    ) {
        self.inputGradientFactor = inputGradientFactor
        self.parameterGradientFactor = parameterGradientFactor
        backwardReads = reads
        self.memoryUse = memoryUse
    }

    var outputShape: SampleShape { inputShape }
    var parameters: [Parameter] { [factor] }

    func plan(_ capacity: Capacity) {
        chunkGradients = .init(repeating: 0, count: capacity.chunkCount)
    }

    func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        for index in 0..<x.count { y[index] = factor.value[0] * x[index] }
    }

    func backward(x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass)
    {
        chunkGradients[pass.chunk.index] = (0..<x.count).reduce(0) { $0 + dy[$1] * x[$1] }
        guard let dx else { return }
        for index in 0..<dx.count { dx[index] = inputGradientFactor * factor.value[0] * dy[index] }
    }

    var gradientTaskCount: Int { 1 }

    func addGradients(task: Int, x: FloatSlice, dy: FloatSlice, _ plan: BatchPlan) {
        for chunk in 0..<plan.chunkCount {
            factor.gradient[0] += parameterGradientFactor * chunkGradients[chunk]
        }
    }
}
