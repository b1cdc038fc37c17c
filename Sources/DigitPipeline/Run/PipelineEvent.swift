import Datasets
import Orchestration
import Training

/// What a run tells while it goes on. The pipeline prints nothing itself.
package enum PipelineEvent: Sendable {
    case runStarted(id: String, assets: [String])
    case asset(AssetProgress)
    case dataset(DatasetEvent)
    case training(TrainingEvent)
    /// Something the user should know, in a sentence.
    case note(String)
}

/// Where a pipeline's events go.
package typealias PipelineObserver = @Sendable (PipelineEvent) -> Void
