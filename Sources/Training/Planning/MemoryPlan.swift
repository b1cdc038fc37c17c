import Kernels
import LinearAlgebra

/// The bytes that a training of a network takes, worked out from its description before they are taken.
///
/// It counts the engine's buffers. What a process takes besides, the data set foremost, is not in it.
public struct MemoryPlan: Sendable, Encodable, Equatable {
    public let batchSize: Int
    public let threadCount: Int
    /// The trainable values.
    public let parameters: Int
    /// As much again.
    public let gradients: Int
    /// The optimizer's arrays, and the weights' moving average where there is one.
    public let optimizer: Int
    /// What a step keeps between the way forward and the way back, and the threads' workspaces.
    public let step: Int
    /// For evaluation: folded weights, and the values of a chunk for each thread.
    public let evaluation: Int

    public var total: Int { parameters + gradients + optimizer + step + evaluation }

    enum CodingKeys: String, CodingKey {
        case parameters, gradients, optimizer, step, evaluation, total
        case batchSize = "batch_size"
        case threadCount = "thread_count"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(batchSize, forKey: .batchSize)
        try container.encode(threadCount, forKey: .threadCount)
        for (key, bytes) in [
            (CodingKeys.parameters, parameters), (.gradients, gradients), (.optimizer, optimizer),
            (.step, step), (.evaluation, evaluation), (.total, total),
        ] { try container.encode(bytes, forKey: key) }
    }
}

extension NetworkDescription {
    /// The memory of training it.
    ///
    /// - Parameters:
    ///   - batchSize: samples in a step, 1 or more.
    ///   - threadCount: of the pool; each has workspaces of its own.
    ///   - optimizer: whose arrays count.
    ///   - averagesWeights: whether a moving average is kept.
    ///   - plan: the table's if nil.
    /// - Throws: `NetworkDescriptionError`.
    public func memoryPlan(
        batchSize: Int, threadCount: Int, optimizer: any Optimizer = Adam(),
        averagesWeights: Bool = false, plan: ConvolutionPlan? = nil
    ) throws -> MemoryPlan {
        try MemoryLedger.counting { ledger in
            // Drawing the weights would take their memory.
            let graph = try graph()
            let network = Network(
                graph, self, seed: 0, plan: plan ?? NetworkPlanner(graph).table(),
                pool: WorkerPool(threadCount: threadCount))
            let values = network.parameterValues.count * MemoryLayout<Float>.stride
            let built = ledger.byteCount
            network.planTraining(sampleCount: batchSize)
            let arrays = optimizer.stateNames.count + (averagesWeights ? 1 : 0)
            return MemoryPlan(
                batchSize: batchSize, threadCount: threadCount, parameters: values,
                gradients: values, optimizer: arrays * values, step: ledger.byteCount - built,
                evaluation: built - 2 * values)
        }
    }
}
