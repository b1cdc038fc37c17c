import DigitPipeline
import Inference
import Kernels
import Training

/// Scoring by the predictor that every other command uses: bytes in, probabilities out.
///
/// The weights are random, which costs the same time as trained ones.
struct InferenceBenchmark {
    let options: BenchOptions
    let threads: Int

    /// Images that calls take in turn; few, so that they don't fill the memory that is measured.
    private static let imageCount = 4096

    func measure() throws -> BenchResult {
        let images = try BenchImages(options, randomCount: InferenceBenchmark.imageCount)
        let batches = images.batches(of: options.batch, limit: InferenceBenchmark.imageCount)
        let predictor = try predictor(images)
        let run = BenchRun(seconds: options.seconds, profiled: options.profile ? predictor : nil)
        var probabilities: [Float] = []
        var call = 0
        run.begin()
        repeat {
            probabilities = try predictor.probabilities(
                ofPixels: batches[call % batches.count], count: options.batch)
            call += 1
            run.stepFinished()
        } while !run.isDone
        try check(probabilities)
        return try run.result(
            BenchSubject(
                subject: .infer, batch: options.batch, threads: threads,
                parameters: predictor.parameterCount, data: images.kind, plan: predictor.plan))
    }

    private func predictor(_ images: BenchImages) throws -> Predictor {
        let pool = WorkerPool(threadCount: threads)
        let model = try ConfiguredNetwork(
            config: options.config, inputHeight: images.height, inputWidth: images.width,
            pool: pool)
        let description = try ModelDescription(
            config: model.config, normalization: .mnist,
            classNames: (0..<model.config.network.classCount).map(String.init),
            inputHeight: images.height, inputWidth: images.width, metrics: [:], dataDigest: "",
            createdAt: "", tesseraVersion: TesseraVersion.current)
        return try Predictor(ModelFile(model, description: description), pool: pool)
    }

    /// The result is used: probabilities that were timed add up to 1.
    private func check(_ probabilities: [Float]) throws {
        let sum = probabilities.reduce(0) { $0 + Double($1) }
        guard abs(sum / Double(options.batch) - 1) < 1e-3 else {
            throw BenchError.wrongProbabilities(sum: sum, imageCount: options.batch)
        }
    }
}
