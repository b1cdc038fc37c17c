import Orchestration
import Registry

/// Deployments that runs made and the registry's record doesn't know: a sign that the record was lost
/// or another one is in its place.
public struct LostDeployments {
    /// The latest first.
    public let models: [(run: String, digest: String)]

    /// A person's decision that came later begins anew: it was made in sight of what there is.
    ///
    /// - Throws: `RegistryError`, `StoreError`.
    package init(_ registry: ModelRegistry, _ store: RunStore) throws {
        let history = try registry.history()
        let known = Set(history.filter { $0.outcome == .deployed }.map(\.modelDigest))
        let anew = history.filter(\.isByPerson).map(\.time).min()
        models = try store.readableRuns().runs.filter { run in
            anew.map { run.startedAt > $0 } ?? true
        }
        .flatMap { run in
            try store.deployments(of: run.id)
                .filter { $0.outcome == "deployed" && !known.contains($0.model) }
                .map { (run.id, $0.model) }
        }
    }

    public var problems: [String] {
        models.map { run, digest in
            "run \(run) deployed \(digest), which the record of decisions doesn't have"
        }
    }

    /// - Throws: `PipelineError.recordLost`: no automatic deployment begins in the place of a record
    ///   that is gone.
    package func requireNone(_ strategy: DeploymentStrategy) throws {
        guard strategy == .automatic, let (run, digest) = models.first else { return }
        throw PipelineError.recordLost(run: run, model: digest)
    }
}
