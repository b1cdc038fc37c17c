import Dispatch
import Foundation
import Kernels
import Synchronization
import Training

/// How many trials are trained at a time, and with how many threads each.
public struct TrialParallelism: Sendable, Equatable {
    public let trials: Int
    public let threads: Int
    /// Training images of all trials a second, where it was measured.
    public var imagesPerSecond: Double?

    init(trials: Int, cores: Int) {
        self.trials = trials
        threads = max(1, cores / trials)
    }

    /// One trial on all cores, one on each, and what lies between by halves.
    static func candidates(cores: Int, trialCount: Int) -> [TrialParallelism] {
        var trials = [1]
        while let last = trials.last, last * 2 < cores { trials.append(last * 2) }
        if cores > 1 { trials.append(cores) }
        return trials.filter { $0 <= max(trialCount, 1) }.map {
            TrialParallelism(trials: $0, cores: cores)
        }
    }

    /// Trains for a moment in each way; the fastest comes first.
    ///
    /// - Throws: `TrainingError`.
    static func measured(
        _ candidates: [TrialParallelism], config: ModelConfig, data: PreparedData,
        seconds: Double = 2
    ) throws -> [TrialParallelism] {
        guard candidates.count > 1 else { return candidates }
        return try candidates.map { candidate in
            var measured = candidate
            measured.imagesPerSecond = try candidate.speed(config, data, seconds: seconds)
            return measured
        }.sorted { $0.imagesPerSecond! > $1.imagesPerSecond! }
    }

    private func speed(
        _ config: ModelConfig, _ data: PreparedData, seconds: Double
    ) throws -> Double {
        let speeds = Mutex<[Result<Double, any Error>]>([])
        DispatchQueue.concurrentPerform(iterations: trials) { _ in
            let speed = Result { try oneSpeed(config, data, seconds: seconds) }
            speeds.withLock { $0.append(speed) }
        }
        return try speeds.withLock { try $0.map { try $0.get() }.reduce(0, +) }
    }

    /// Images a second of one training, after its first steps.
    private func oneSpeed(
        _ config: ModelConfig, _ data: PreparedData, seconds: Double
    ) throws -> Double {
        var config = config
        config.network.classCount = data.classNames.count
        // The clock ends it.
        (config.epochs, config.stopping.isEnabled) = (100_000, false)
        try config.network.validate(for: data.training.shape)
        let model = try ConfiguredNetwork(
            config: config, inputHeight: data.training.height, inputWidth: data.training.width,
            inputChannels: data.training.channels,
            pool: WorkerPool(threadCount: threads))
        let trainer = try Trainer(
            model: model, training: data.training, validation: data.validation)
        let clock = ContinuousClock()
        let warm = clock.now + .seconds(seconds / 4)
        let end = warm + .seconds(seconds)
        var (firstStep, start, lastStep) = (0, warm, 0)
        _ = try trainer.run(
            onEvent: { event in
                guard case .batch(let progress) = event else { return }
                if clock.now < warm { (firstStep, start) = (progress.step, clock.now) }
                lastStep = progress.step
            }, shouldStop: { clock.now >= end })
        let stepSize = config.batchSize * config.accumulationSteps
        let images = Double((lastStep - firstStep) * min(stepSize, data.training.count))
        return images / ((clock.now - start) / .seconds(1))
    }
}
