import Foundation
import Orchestration
import Registry
import Training

/// What a run did, and what it has.
public struct RunSummary: Sendable {
    public let id: String
    /// What the run has of each selected asset.
    package let assets: [String: Materialization]
    /// Those that earlier runs made, with the run's id where it is still there.
    public let reused: [String: String?]
    /// Nil unless the run has the deployment.
    public let decision: DeploymentContent?
    package let checks: [CheckResult]
    private let home: URL
    private let folder: RunFolder

    init(
        id: String, home: URL, folder: RunFolder, store: RunStore, made: [String: Materialization]
    ) throws {
        self.id = id
        self.home = home
        self.folder = folder
        assets = made
        reused = made.filter { $0.value.run != id }.mapValues(\.run)
        decision = try made[.deployment].map {
            var content = try ArtifactStore(home: home).read(
                $0.artifact, as: DeploymentContent.init(artifact:))
            content.incumbent = try $0[DeploymentFacts.incumbent]?.content()
            return content
        }
        checks = try store.checks(of: id)
    }

    /// What `summary.json` and `--json` say.
    public var record: RunRecord { RunRecord(self) }

    /// The folder of what the run made; nil if it made nothing.
    public var folderPath: String? { folder.exists ? folder.url.path : nil }

    /// The model file with its figures.
    public var modelPath: String? {
        self[EvaluationFacts.modelFile].map { home.appendingPathComponent($0).path }
    }

    package subscript<Value>(_ fact: AssetFact<Value>) -> Value? {
        assets[fact.asset]?.metadata[fact]
    }
}

/// A run in a few figures, for scripts. What the run doesn't have is null.
public struct RunRecord: Encodable, Sendable {
    public let run: String
    public let folder: String?
    /// Of each asset: whether it was made, and by which run.
    public let assets: [String: AssetRecord]
    package let failedChecks: [CheckResult]
    public let dataset: String?
    public let dataSource: String?
    public let dataDigest: String?
    public let isSample: Bool?
    public let trainCount: Int?
    public let validationCount: Int?
    public let testCount: Int?
    public let parameterCount: Int?
    public let convolutionPlan: ConvolutionPlan?
    public let epochs: Int?
    public let bestEpoch: Int?
    public let stoppedEarly: Bool?
    public let trainingSeconds: Double?
    public let validationAccuracy: Double?
    public let validationLogLoss: Double?
    public let testAccuracy: Double?
    public let testLogLoss: Double?
    public let model: String?
    public let decision: DeploymentContent?
    public let inference: InferenceRecord?

    init(_ summary: RunSummary) {
        run = summary.id
        folder = summary.folderPath
        assets = summary.assets.mapValues { AssetRecord($0, in: summary.id) }
        failedChecks = summary.checks.filter { !$0.passed }
        dataset = summary[RawDataFacts.dataset]
        dataSource = summary[RawDataFacts.source]
        dataDigest = summary[RawDataFacts.digest]
        isSample = summary[RawDataFacts.isSample]
        trainCount = summary[ProcessedDataFacts.trainCount]
        validationCount = summary[ProcessedDataFacts.validationCount]
        testCount = summary[ProcessedDataFacts.testCount]
        parameterCount = summary[ModelFacts.parameterCount]
        convolutionPlan = summary[ModelFacts.plan].flatMap { try? $0.content() }
        epochs = summary[ModelFacts.epochs]
        bestEpoch = summary[ModelFacts.bestEpoch]
        stoppedEarly = summary[ModelFacts.stoppedEarly]
        trainingSeconds = summary[ModelFacts.trainingSeconds]
        validationAccuracy = summary[EvaluationFacts.validation.accuracy]
        validationLogLoss = summary[EvaluationFacts.validation.logLoss]
        testAccuracy = summary[EvaluationFacts.test.accuracy]
        testLogLoss = summary[EvaluationFacts.test.logLoss]
        model = summary.modelPath
        decision = summary.decision
        inference = summary.assets[.predictions].map(InferenceRecord.init)
    }

    enum CodingKeys: String, CodingKey {
        case run, folder, assets, dataset, epochs, model, decision, inference
        case failedChecks = "failed_checks"
        case dataSource = "data_source"
        case dataDigest = "data_digest"
        case isSample = "is_sample"
        case trainCount = "train_count"
        case validationCount = "validation_count"
        case testCount = "test_count"
        case parameterCount = "parameter_count"
        case convolutionPlan = "convolution_plan"
        case bestEpoch = "best_epoch"
        case stoppedEarly = "stopped_early"
        case trainingSeconds = "training_seconds"
        case validationAccuracy = "validation_accuracy"
        case validationLogLoss = "validation_log_loss"
        case testAccuracy = "test_accuracy"
        case testLogLoss = "test_log_loss"
    }
}

/// An asset that a run has.
public struct AssetRecord: Encodable, Sendable {
    /// Whether an earlier run made it.
    public let isReused: Bool
    /// The run that made it; null if that was deleted.
    public let run: String?
    public let version: String
    /// SHA-256 of the content.
    public let artifact: String

    init(_ materialization: Materialization, in run: String) {
        isReused = materialization.run != run
        self.run = materialization.run
        version = materialization.version.digest
        artifact = materialization.artifact
    }

    enum CodingKeys: String, CodingKey {
        case run, version, artifact
        case isReused = "is_reused"
    }
}

/// What was scored. What isn't on record is nil.
public struct InferenceRecord: Encodable, Sendable {
    public let scored: Int?
    public let failed: Int?
    /// Entries of a folder that aren't named as pictures or IDX files; nil for the test images.
    public let skipped: Int?
    public let imagesPerSecond: Double?
    public let file: String?
    /// SHA-256 of the model that scored, and its file's name.
    public let modelDigest: String?
    public let modelName: String?

    init(_ predictions: Materialization) {
        scored = predictions[PredictionFacts.scored]
        failed = predictions[PredictionFacts.failed]
        skipped = predictions[PredictionFacts.skipped]
        imagesPerSecond = predictions[PredictionFacts.imagesPerSecond]
        file = predictions[PredictionFacts.file]
        modelDigest = predictions[PredictionFacts.modelDigest]
        modelName = predictions[PredictionFacts.modelName]
    }

    enum CodingKeys: String, CodingKey {
        case scored, failed, skipped, file
        case modelDigest = "model_sha256"
        case modelName = "model_name"
        case imagesPerSecond = "images_per_second"
    }
}
