import Datasets
import Foundation
import Inference
import Kernels
import Orchestration
import Registry
import Training

extension GateConfig {
    /// The gate that the config describes.
    public func gate() throws -> DeploymentGate {
        try DeploymentGate(
            minimumAccuracy: accuracyThreshold, minimumMacroF1: macroF1Threshold,
            minimumWorstClassRecall: worstClassRecallThreshold, maximumLogLoss: logLossThreshold,
            noWorseThanDeployedTolerance: noWorseThanDeployed ? 0 : nil)
    }
}

/// What was decided on a model: the artifact of `deployment`. The registry's record has the decision
/// itself, with its time.
public struct DeploymentContent: JSONAsset, Equatable {
    /// SHA-256 of the file in the registry.
    public let modelDigest: String
    public let strategy: String
    public let outcome: Decision.Outcome
    public let gate: Decision.GateResult
    public let reason: String
    public let approver: String?
    public let metrics: GateMetrics
    public let checks: [GateCheck]

    init(_ decision: Decision) {
        modelDigest = decision.modelDigest
        strategy = decision.strategy
        outcome = decision.outcome
        gate = decision.gate
        reason = decision.reason
        approver = decision.approver
        metrics = decision.metrics
        checks = decision.checks
    }

    enum CodingKeys: String, CodingKey {
        case strategy, outcome, gate, reason, approver, metrics, checks
        case modelDigest = "model_sha256"
    }
}

/// The fifth asset: let the gate decide, record it, and look at what is deployed.
public enum DeploymentStage {
    static func make(
        _ run: PipelineRun, _ content: ModelContent, _ evaluation: Evaluation
    ) throws -> Made<DeploymentContent> {
        try run.keepConfig()
        let (url, _) = try EvaluationStage.writeModel(content, evaluation, run.folder)
        let registry = try run.registry()
        if try registry.mend(with: url) {
            run.observer(.note("registry: the file of this model was damaged and is whole again"))
        }
        let decision = try registry.deploy(
            .file(url), strategy: run.strategy, gate: run.config.gate.gate(),
            metrics: evaluation.judged.gateMetrics, verify: { try verify($0, pool: run.pool) })
        try run.folder.write(json: decision, to: "decision.json")
        try run.recorder.record(
            DeploymentRecord(
                model: decision.modelDigest, strategy: decision.strategy,
                outcome: decision.outcome.rawValue, reason: decision.reason))
        let isDeployed = decision.outcome == .deployed
        return Made(
            DeploymentContent(decision), metadata: metadata(decision),
            checks: isDeployed
                ? [DeploymentChecks.production(registry, decision, pool: run.pool)] : [],
            halt: isDeployed ? reasonNotToScore(content.file.description) : decision.reason)
    }

    private static func reasonNotToScore(_ model: ModelDescription) -> String? {
        let side = DigitNormalizer.side
        guard model.inputHeight != side || model.inputWidth != side else { return nil }
        return "images of \(model.inputHeight)×\(model.inputWidth) aren't scored: prediction takes "
            + "\(side)×\(side)"
    }

    private static func metadata(_ decision: Decision) -> Metadata {
        var metadata: Metadata = [
            "outcome": .text(decision.outcome.rawValue), "strategy": .text(decision.strategy),
            "model_sha256": .text(decision.modelDigest), "model_name": .text(decision.fileName),
            "decision": .integer(decision.number),
        ]
        metadata["previous_deployed_sha256"] = decision.previousDeployed.map(MetadataValue.text)
        return metadata
    }

    /// Whether what was decided is still how things are: the model that was deployed still is, and
    /// whole; after a refusal, what was deployed then.
    static func stands(_ metadata: Metadata, in registry: ModelRegistry) throws -> Bool {
        let deployed = try registry.deployedDecision()?.modelDigest
        let expected =
            metadata["outcome"] == .text(Decision.Outcome.deployed.rawValue)
            ? metadata["model_sha256"] : metadata["previous_deployed_sha256"]
        guard deployed == expected?.text else { return false }
        guard deployed != nil else { return true }
        do { _ = try registry.deployed() } catch RegistryError.modelAltered {
            return false
        } catch RegistryError.modelMissing { return false }
        return true
    }

    /// The registry below a home folder.
    public static func registry(home: URL) throws -> ModelRegistry {
        try ModelRegistry(folder: home.appendingPathComponent("registry"))
    }

    /// Checks that a file holds a model that loads and predicts. Nothing is deployed without it.
    ///
    /// - Throws: what reading the file throws; `ScoringError` for answers that can't be used.
    public static func verify(_ url: URL, pool: WorkerPool) throws {
        let file = try ModelFile.read(url)
        let model = try file.makeModel(pool: pool)
        let size = model.inputShape.pixels
        // A blank image and a gradient: any finite network answers them with probabilities.
        let pixels = [UInt8](repeating: 0, count: size) + (0..<size).map { UInt8($0 % 256) }
        let samples = ImageSamples(
            pixels: pixels, labels: [0, 0], height: model.inputShape.height,
            width: model.inputShape.width, normalization: file.description.normalization)
        let probabilities = Evaluator.probabilities(model, samples)
        for (index, value) in probabilities.enumerated() where !(0...1.0001).contains(value) {
            throw ScoringError.probability(
                path: url.lastPathComponent,
                label: file.description.classNames[index % model.config.classCount], got: value)
        }
    }

    /// The metrics in a model file's description that gates look at: the test set's where there
    /// are any, else the validation set's.
    public static func gateMetrics(_ description: ModelDescription) -> GateMetrics? {
        for set in ["test", "validation"] {
            let prefix = "\(set)_"
            let found = description.metrics.filter { $0.key.hasPrefix(prefix) }
            guard !found.isEmpty else { continue }
            return GateMetrics(
                Dictionary(
                    uniqueKeysWithValues: found.map {
                        (String($0.key.dropFirst(prefix.count)), $0.value)
                    }))
        }
        return nil
    }
}
