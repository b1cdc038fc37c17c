import Datasets
import Foundation
import Inference
import Kernels
import Orchestration
import Registry
import Training

extension GateConfig {
    /// The gate that the config describes.
    package func gate() throws -> DeploymentGate {
        try DeploymentGate(
            minimumAccuracy: accuracyThreshold, minimumMacroF1: macroF1Threshold,
            minimumWorstClassRecall: worstClassRecallThreshold, maximumLogLoss: logLossThreshold,
            noWorseThanDeployedTolerance: noWorseThanDeployed ? 0 : nil,
            replacesPromoted: replacePromoted)
    }
}

/// What was decided on a model: the artifact of `deployment`. The registry's record has the decision
/// itself, with its time.
public struct DeploymentContent: JSONAsset, Equatable {
    /// SHA-256 of the file in the registry.
    public let modelDigest: String
    public let strategy: String
    package let outcome: Decision.Outcome
    package let gate: Decision.GateResult
    public let reason: String
    public let approver: String?
    package let metrics: GateMetrics
    package let checks: [GateCheck]
    /// What was replaced, or kept; nil where nothing or this very model was deployed, and in the
    /// artifact, which is the same whatever was deployed before.
    package internal(set) var incumbent: IncumbentRecord?

    init(_ decision: Decision) {
        modelDigest = decision.modelDigest
        strategy = decision.strategy
        outcome = decision.outcome
        gate = decision.gate
        reason = decision.reason
        approver = decision.approver
        metrics = decision.metrics
        checks =
            decision.outcome == .deployed
            ? decision.checks.filter { !GateKey.ofIncumbent.contains($0.rule) }
            : decision.checks
    }

    enum CodingKeys: String, CodingKey {
        case strategy, outcome, gate, reason, approver, metrics, checks, incumbent
        case modelDigest = "model_sha256"
    }
}

/// The fifth asset: let the gate decide, record it, and look at what is deployed.
public enum DeploymentStage {
    /// - Parameters:
    ///   - evaluated: the record of the model's evaluation.
    ///   - data: asked for only if the deployed model must be measured on them.
    static func make(
        _ run: PipelineRun, _ content: ModelContent, _ evaluated: Materialization,
        data: @escaping () throws -> PreparedData
    ) throws -> Made<DeploymentContent> {
        try run.keepConfig()
        let evaluation = try Evaluation(
            artifact: ArtifactStore(home: run.store.home).read(evaluated.artifact))
        let model =
            try EvaluatedModel(writtenBefore: evaluated, content, home: run.store.home)
            ?? EvaluationStage.writeModel(content, evaluation, run.folder)
        let registry = run.registry()
        try LostDeployments(registry, run.store).requireNone(run.strategy)
        if try registry.mend(with: model.bytes) {
            run.observer(.note("registry: the file of this model was damaged and is whole again"))
        }
        let judge = ModelJudge(
            store: run.store, pool: run.pool,
            known: try RecordedMeasurements(store: run.store).measurement(evaluated),
            set: { JudgedSet(try data()) })
        let deployment = try registry.deploy(
            .content(model.bytes, fileName: model.fileName), strategy: run.strategy,
            gate: run.config.gate.gate(), judge: judge.judge,
            verify: { try verify($0, pool: run.pool) })
        run.decision = deployment.decision
        for notice in deployment.notices { run.observer(.note("registry: \(notice)")) }
        return try made(run, content, deployment.decision, registry)
    }

    private static func made(
        _ run: PipelineRun, _ content: ModelContent, _ decision: Decision,
        _ registry: ModelRegistry
    ) throws -> Made<DeploymentContent> {
        let isDeployed = decision.outcome == .deployed
        try run.folder.write(json: decision, to: "decision.json")
        try run.recorder.record(DeploymentRecord(decision))
        return Made(
            DeploymentContent(decision), metadata: try metadata(decision),
            checks: isDeployed
                ? [try DeploymentChecks.production(registry, decision, pool: run.pool)] : [],
            halt: isDeployed ? reasonNotToScore(content.file.description) : decision.reason)
    }

    private static func reasonNotToScore(_ model: ModelDescription) -> String? {
        let input = model.network.input
        return input.isOfPictures ? nil : "\(ScoringError.modelImages(input))"
    }

    private static func metadata(_ decision: Decision) throws -> Metadata {
        var metadata = Metadata()
        metadata[DeploymentFacts.outcome] = decision.outcome.rawValue
        metadata[DeploymentFacts.strategy] = decision.strategy
        metadata[DeploymentFacts.modelDigest] = decision.modelDigest
        metadata[DeploymentFacts.modelName] = decision.fileName
        metadata[DeploymentFacts.decision] = decision.number
        metadata[DeploymentFacts.previousDigest] = decision.previousDeployed
        metadata[DeploymentFacts.incumbent] = try decision.incumbent.map { try JSONText($0) }
        return metadata
    }

    /// Whether what was decided is still how things are: the model that was deployed still is, and
    /// whole; after a refusal, what was deployed then.
    static func stands(_ metadata: Metadata, in registry: ModelRegistry) throws -> Bool {
        let deployed = try registry.deployedDecision()?.modelDigest
        let expected =
            metadata[DeploymentFacts.outcome] == Decision.Outcome.deployed.rawValue
            ? metadata[DeploymentFacts.modelDigest] : metadata[DeploymentFacts.previousDigest]
        guard deployed == expected else { return false }
        guard deployed != nil else { return true }
        do { _ = try registry.deployed() } catch RegistryError.modelAltered {
            return false
        } catch RegistryError.modelMissing { return false }
        return true
    }

    /// The registry below a home folder.
    ///
    /// - Parameter onWait: told the lock's path where a deployment waits for another.
    package static func registry(
        home: URL, onWait: @escaping @Sendable (String) -> Void = { _ in }
    ) -> ModelRegistry {
        ModelRegistry(folder: home.appendingPathComponent("registry"), onWait: onWait)
    }

    /// Checks that a file holds a model that loads and predicts. Nothing is deployed without it.
    ///
    /// - Throws: what reading the file throws; `ScoringError` for answers that can't be used.
    public static func verify(_ url: URL, pool: WorkerPool) throws {
        let file = try ModelFile.read(url)
        let model = try file.makeModel(pool: pool)
        let shape = model.inputShape
        let size = shape.count
        // A blank image and a gradient: any finite network answers them with probabilities.
        let pixels = [UInt8](repeating: 0, count: size) + (0..<size).map { UInt8($0 % 256) }
        let samples = ImageSamples(
            pixels: pixels, labels: [0, 0], height: shape.height, width: shape.width,
            channels: shape.channels, normalization: file.description.normalization)
        let probabilities = Evaluator.probabilities(model, samples)
        for (index, value) in probabilities.enumerated() where !(0...1.0001).contains(value) {
            throw ScoringError.probability(
                path: url.lastPathComponent,
                label: file.description.classNames[index % file.description.classNames.count],
                got: value)
        }
    }
}

extension DeploymentRecord {
    init(_ decision: Decision) {
        self.init(
            model: decision.modelDigest, strategy: decision.strategy,
            outcome: decision.outcome.rawValue,
            reason: ([decision.reason] + [decision.comparison].compactMap { $0 })
                .joined(separator: "; "))
    }
}
