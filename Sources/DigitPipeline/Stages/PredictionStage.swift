import Datasets
import DurableFiles
import Foundation
import Inference
import Kernels
import Orchestration
import Registry
import Training

/// Rows of scores as `tessera predict` writes them: the artifact of `predictions`.
struct PredictionContent: AssetContent {
    let csv: Data

    init(csv: Data) { self.csv = csv }
    init(artifact: Data) throws { csv = artifact }
    func artifact() throws -> Data { csv }
}

/// The sixth asset: score real images with the model that is deployed.
enum PredictionStage {
    private static let fileName = "predictions.csv"

    /// - Parameter data: asked for only if the test images are scored.
    static func make(
        _ run: PipelineRun, data: () throws -> PreparedData
    ) throws -> Made<PredictionContent> {
        guard let model = run.scoringModel else {
            preconditionFailure("predictions are made before it was looked what with")
        }
        let predictor = try predictor(model, run)
        var options = BatchScorer.Options()
        options.topK = min(3, predictor.classNames.count)
        options.threads = run.pool.threadCount
        let scorer = try BatchScorer(classifier: predictor, options: options)
        try run.keepConfig()
        let file = run.folder.file(fileName)
        try AtomicFile.makeFolder(file.deletingLastPathComponent())
        let writer = try PredictionWriter(to: file.path, topK: options.topK)
        var checker = PredictionChecker(classNames: predictor.classNames)
        var unread: Set<String> = []
        let summary = try score(scorer, predictor.imageShape, run, data) { row in
            checker.take(row)
            if row.isUnread { unread.insert(row.path) }
            try writer.write(row)
        }
        try writer.finish()
        return Made(
            PredictionContent(csv: try RegularFile.read(file)),
            metadata: metadata(summary, run, model), checks: checker.results(summary),
            provisional: provisional(unread, run))
    }

    /// The version tells what could be read when it was looked at. If something else could be when it
    /// was scored, nothing says so the next time but this.
    private static func provisional(_ unread: Set<String>, _ run: PipelineRun) -> String? {
        let changed = unread.symmetricDifference(run.foundInput?.unread ?? [])
        guard let first = changed.min() else { return nil }
        return "\(first) could be read one moment and not the next"
    }

    private static func score(
        _ scorer: BatchScorer, _ shape: SampleShape, _ run: PipelineRun,
        _ data: () throws -> PreparedData,
        emit: (PredictionRow) throws -> Void
    ) throws -> BatchSummary {
        if let found = run.foundInput {
            return try scorer.score(
                inputs: found.inputs, shouldStop: run.shouldStop, emit: emit)
        }
        let data = try data()
        let set = data.dataset.test ?? data.validationSource.subset(data.split.validation)
        guard set.channels == shape.channels else {
            throw PipelineError.channels(
                network: "of the deployed model", expected: shape.channels,
                dataset: data.dataset.name,
                got: set.channels)
        }
        return try scorer.score(
            images: set, named: data.dataset.test == nil ? "validation" : "test",
            shouldStop: run.shouldStop, emit: emit)
    }

    /// The deployed model, read from the registry and verified.
    private static func predictor(
        _ deployment: Decision, _ run: PipelineRun
    ) throws -> Predictor {
        let model = try run.registry().model(deployment.modelDigest)
        let file = try ModelFile(parsing: model.data, name: model.fileName)
        if let notice = file.unknown.notice(of: model.fileName) {
            try run.note(notice, asset: .predictions)
        }
        return try Predictor(file, pool: run.pool)
    }

    private static func metadata(
        _ summary: BatchSummary, _ run: PipelineRun, _ model: Decision
    ) -> Metadata {
        var metadata = Metadata()
        metadata[PredictionFacts.scored] = summary.scored
        metadata[PredictionFacts.failed] = summary.failed
        metadata[PredictionFacts.imagesPerSecond] = summary.imagesPerSecond
        metadata[PredictionFacts.modelDigest] = model.modelDigest
        metadata[PredictionFacts.modelName] = model.fileName
        metadata[PredictionFacts.file] = "\(RunFolder.parent)/\(run.folder.id)/\(fileName)"
        metadata[PredictionFacts.skipped] = run.foundInput?.skipped
        metadata[PredictionFacts.input] = run.input
        metadata[PredictionFacts.inputPath] = run.input.map { FilePath.absolute($0) }
        let counts = summary.countsByLabel.sorted { $0.key < $1.key }
        metadata[PredictionFacts.labels] = counts.map { "\($0.key): \($0.value)" }
        return metadata
    }
}
