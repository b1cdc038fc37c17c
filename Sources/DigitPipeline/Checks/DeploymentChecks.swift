import DurableFiles
import Inference
import Kernels
import Orchestration
import Registry
import Training

/// Whether what is deployed works.
enum DeploymentChecks {
    /// The model that was deployed loads from its own file and predicts. (Another process may have
    /// deployed another one since.)
    ///
    /// - Throws: `FileError` where it can't be read at all, which says nothing about the model.
    static func production(
        _ registry: ModelRegistry, _ decision: Decision, pool: WorkerPool
    ) throws -> CheckResult {
        var evidence: Metadata = ["model_sha256": .text(decision.modelDigest)]
        var passed = false
        do {
            let deployed = try registry.model(decision.modelDigest)
            evidence["file"] = .text(deployed.url.path)
            try DeploymentStage.verify(deployed.url, pool: pool)
            passed = deployed.digest == decision.modelDigest
        } catch let error as FileError {
            throw error
        } catch {
            evidence["error"] = .text("\(error)")
        }
        return CheckResult(
            "production model predicts", of: .deployment, severity: .blocking, passed: passed,
            evidence: evidence)
    }
}
