import Kernels
import Training

/// Training of the reference network through the API that every user calls.
///
/// A step gathers shuffled byte images, normalises them, and does forward, loss, backward and Adam.
/// Augmentation is off, and every batch is full. Once an epoch `Trainer` also validates, on one
/// image here, and copies the best weights; both stay in the measured time.
struct TrainingBenchmark {
    let options: BenchOptions
    let threads: Int

    private static let randomImageCount = 10_000

    func measure() throws -> BenchResult {
        let images = try BenchImages(options, randomCount: TrainingBenchmark.randomImageCount)
        let samples = images.samples(batch: options.batch)
        let model = try ConfiguredNetwork(
            config: try config(), inputHeight: images.height, inputWidth: images.width,
            pool: WorkerPool(threadCount: threads))
        let trainer = try Trainer(
            model: model, training: samples, validation: samples.including([0]))
        let run = BenchRun(
            seconds: options.seconds, profiled: options.profile ? model.network : nil)
        let lastLoss = try train(trainer, run)
        return try run.result(
            BenchSubject(
                subject: .train, batch: options.batch, threads: threads,
                parameters: model.parameterCount, data: images.kind, plan: model.plan,
                lastLoss: lastLoss))
    }

    /// Runs until enough was measured; returns the mean loss of the last epoch so far.
    private func train(_ trainer: Trainer, _ run: BenchRun) throws -> Double {
        var lastLoss = Double.nan
        _ = try trainer.run(
            onEvent: { event in
                switch event {
                case .started: run.begin()
                case .batch(let progress):
                    run.stepFinished()
                    lastLoss = progress.loss
                default: break
                }
            }, shouldStop: { run.isDone })
        return lastLoss
    }

    /// The recipe without what ends or slows it; `BenchRun` ends it.
    private func config() throws -> ModelConfig {
        var config = options.config
        config.batchSize = options.batch
        config.schedule.type = .constant
        config.augmentation.isEnabled = false
        config.stopping.isEnabled = false
        config.epochs = 100_000
        try config.validate()
        return config
    }
}
