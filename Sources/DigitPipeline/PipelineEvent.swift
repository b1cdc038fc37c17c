import Datasets
import Training

/// The parts of a run, in order.
public enum Stage: String, Sendable, CaseIterable, Codable {
    case data, training, evaluation, deployment, inference
}

/// What a run tells while it goes on. The pipeline prints nothing itself.
public enum PipelineEvent: Sendable {
    case stageStarted(Stage)
    case stageFinished(Stage, seconds: Double)
    case dataset(DatasetEvent)
    case training(TrainingEvent)
    /// Something the user should know, in a sentence.
    case note(String)
}

/// Where a pipeline's events go.
public typealias PipelineObserver = @Sendable (PipelineEvent) -> Void
