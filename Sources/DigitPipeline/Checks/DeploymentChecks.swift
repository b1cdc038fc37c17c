import Inference
import Kernels
import Orchestration
import Registry
import Training

/// Whether what is deployed works.
enum DeploymentChecks {
    /// The model that was deployed loads from its own file and predicts. (Another process may have
    /// deployed another one since.)
    static func production(
        _ registry: ModelRegistry, _ decision: Decision, pool: WorkerPool
    ) -> CheckResult {
        var evidence: Metadata = ["model_sha256": .text(decision.modelDigest)]
        var passed = false
        do {
            let deployed = try registry.model(decision.modelDigest)
            evidence["file"] = .text(deployed.url.path)
            try DeploymentStage.verify(deployed.url, pool: pool)
            passed = deployed.digest == decision.modelDigest
        } catch {
            evidence["error"] = .text("\(error)")
        }
        return CheckResult(
            "production model predicts", of: "deployment", severity: .blocking, passed: passed,
            evidence: evidence)
    }
}
