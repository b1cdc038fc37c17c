import Foundation
import Kernels
import LinearAlgebra
import Testing

@testable import Training

/// What a training takes, told before it is taken.
struct MemoryPlanTests {
    private let mlp = NetworkDescription.mlp(
        input: SampleShape(features: 784), hidden: [512, 512], outputs: 10)

    @Test func parametersAndTheirCompanionsAreCounted() throws {
        let plan = try mlp.memoryPlan(batchSize: 64, threadCount: 2, averagesWeights: true)
        // Each parameter's start is aligned to 16 floats.
        #expect((669_706 * 4...669_706 * 4 + 6 * 64).contains(plan.parameters))
        #expect(plan.gradients == plan.parameters)
        #expect(plan.optimizer == 3 * plan.parameters, "Adam's two arrays, and the average")
        let plain = try mlp.memoryPlan(batchSize: 64, threadCount: 2, optimizer: SGD())
        #expect(plain.optimizer == plain.parameters, "the momentum's")
    }

    /// The inputs, two layers of 512 whose ReLU lies over them, ten outputs; their gradients; and little else.
    @Test func activationsGrowWithTheBatch() throws {
        let small = try mlp.memoryPlan(batchSize: 64, threadCount: 1)
        let large = try mlp.memoryPlan(batchSize: 1024, threadCount: 1)
        let least = (784 + 2 * (512 + 512 + 10)) * 4
        let perSample = (large.step - small.step) / 960
        #expect(
            perSample >= least && perSample < least * 11 / 10, "\(perSample), at least \(least)")
        #expect(large.evaluation == small.evaluation)
    }

    /// What is planned is what a training makes.
    @Test(arguments: [
        NetworkDescription.digitCNN(),
        .resNet(
            input: SampleShape(height: 32, width: 32, channels: 3), depth: 8, classCount: 10),
    ])
    func thePlanIsWhatATrainingTakes(_ description: NetworkDescription) throws {
        let plan = try description.memoryPlan(batchSize: 64, threadCount: 2)
        let taken = try MemoryLedger.counting { ledger in
            let network = try Network(description, pool: WorkerPool(threadCount: 2))
            network.planTraining(sampleCount: 64)
            return ledger.byteCount + plan.optimizer
        }
        #expect(plan.total == taken)
        #expect(plan.step > 0 && plan.evaluation > 0)
    }

    /// Far more than this machine has.
    @Test func aPlanTakesNoMemory() throws {
        let before = residentBytes()
        let plan = try NetworkDescription.digitCNN().memoryPlan(
            batchSize: 1_000_000, threadCount: 2)
        #expect(plan.step > 100 << 30)
        // Other tests take theirs meanwhile.
        #expect(residentBytes() - before < 8 << 30)
    }

    private func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}
