import Inference
import Kernels
import Metrics
import Registry
import Training

/// What a run did.
public struct RunSummary: @unchecked Sendable {
    // Sendable but for the pool, which only the thread that runs the pipeline calls.
    public let folder: RunFolder
    public let data: PreparedData
    public let training: TrainingResult
    public let evaluation: Evaluation
    public let modelPath: String
    public let parameterCount: Int
    let pool: WorkerPool
    /// Nil until the deployment stage.
    public internal(set) var decision: Decision?
    /// Nil until images were scored.
    public internal(set) var inference: BatchSummary?

    /// What `summary.json` and `--json` say.
    public var record: RunRecord { RunRecord(self) }
}

/// A run in a few figures, for scripts.
public struct RunRecord: Codable, Sendable {
    public let run: String
    public let folder: String
    public let dataset: String
    public let dataSource: String
    public let isSample: Bool
    public let trainCount: Int
    public let validationCount: Int
    public let testCount: Int
    public let parameterCount: Int
    public let convolutionPlan: ConvolutionPlan
    public let epochs: Int
    public let bestEpoch: Int?
    public let stoppedEarly: Bool
    public let trainingSeconds: Double
    public let validationAccuracy: Double
    public let validationLogLoss: Double
    public let testAccuracy: Double?
    public let testLogLoss: Double?
    public let model: String
    public let decision: Decision?
    public let inference: BatchSummary?

    init(_ summary: RunSummary) {
        run = summary.folder.id
        folder = summary.folder.url.path
        dataset = summary.data.dataset.name
        dataSource = summary.data.dataset.source
        isSample = summary.data.dataset.isSample
        trainCount = summary.data.training.count
        validationCount = summary.data.validation.count
        testCount = summary.data.test?.count ?? 0
        parameterCount = summary.parameterCount
        convolutionPlan = summary.training.plan
        epochs = summary.training.history.count
        bestEpoch = summary.training.bestEpoch
        stoppedEarly = summary.training.ending == .stoppedEarly
        trainingSeconds = summary.training.elapsedSeconds
        validationAccuracy = summary.evaluation.validation.accuracy
        validationLogLoss = summary.evaluation.validation.logLoss
        testAccuracy = summary.evaluation.test?.accuracy
        testLogLoss = summary.evaluation.test?.logLoss
        model = summary.modelPath
        decision = summary.decision
        inference = summary.inference
    }

    enum CodingKeys: String, CodingKey {
        case run, folder, dataset, epochs, model, decision, inference
        case dataSource = "data_source"
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
