import Orchestration
import Registry

/// The digits pipeline: its assets, what each is made from, and the config that it reads.
///
///     raw_data ──► processed_data ──► model ──► evaluation ──► deployment ··► predictions
///
/// (What needs pixels is made from `raw_data` as well.) Predictions are made with what is deployed,
/// whoever deployed it, so that they follow a run's deployment and don't depend on one. Code versions are changed by hand
/// whenever the code makes something else of the same inputs: what is stored of that asset, and of all
/// that is made from it, is then made again.
struct DigitAssets {
    /// - Parameter hasInput: whether pictures of the user's are scored, not the data's test images.
    static func definitions(hasInput: Bool) -> [AssetDefinition] {
        let data: [DigitAsset] = [.rawData, .processedData]
        return [
            AssetDefinition(.rawData, codeVersion: "1"),
            AssetDefinition(.processedData, from: [.rawData], codeVersion: "1"),
            // 2: the weights' moving average is warmed up, and running statistics are averaged as well.
            AssetDefinition(.model, from: data, codeVersion: "2"),
            AssetDefinition(.evaluation, from: data + [.model], codeVersion: "1"),
            AssetDefinition(.deployment, from: data + [.model, .evaluation], codeVersion: "2"),
            AssetDefinition(
                .predictions, from: hasInput ? [] : data, after: [.deployment], codeVersion: "3"),
        ]
    }

    let all: [AnyAsset]

    /// - Parameter codeVersions: in place of those above, by name.
    init(_ run: PipelineRun, codeVersions: [String: String] = [:]) throws {
        let config = run.config
        let definitions = DigitAssets.definitions(hasInput: run.input != nil)
        var codeVersions = codeVersions
        if try DigitAssets.trainsAsBefore(run), codeVersions[DigitAsset.model.rawValue] == nil {
            codeVersions[DigitAsset.model.rawValue] = "1"
        }
        func define(_ asset: DigitAsset) -> AssetDefinition {
            let usual = definitions.first { $0.name == asset.rawValue }!
            return AssetDefinition(
                usual.name, from: usual.inputs, after: usual.predecessors,
                codeVersion: codeVersions[usual.name] ?? usual.codeVersion)
        }

        let rawData = try Asset(
            define(.rawData),
            config: config.values(affecting: [.data]),
            source: { try run.dataFingerprint() },
            make: { _ in try RawDataStage.make(run) })

        let processedData = try Asset(
            define(.processedData),
            config: config.values(affecting: [.preparation]),
            make: { try ProcessedDataStage.make(run, $0(rawData)) })

        let model = try Asset(
            define(.model),
            config: config.values(affecting: .model),
            variant: { try run.modelVariant($0(rawData)) },
            make: { try ModelStage.make(run, run.prepared($0(rawData), $0(processedData))) })

        let evaluation = try Asset(
            define(.evaluation),
            config: NoConfig(),
            make: {
                try EvaluationStage.make(
                    run, $0(model), run.prepared($0(rawData), $0(processedData)))
            })

        let deployment = try Asset(
            define(.deployment),
            config: DeploymentValues(
                gate: config.values(affecting: [.gate]), strategy: run.strategy),
            stands: { try DeploymentStage.stands($0, in: run.registry()) },
            make: { inputs in
                try DeploymentStage.make(run, inputs(model), inputs.materialization(evaluation)) {
                    try run.prepared(inputs(rawData), inputs(processedData))
                }
            })

        let predictions = try Asset(
            define(.predictions),
            config: PredictionValues(source: run.input == nil ? "test images" : "files"),
            source: { try run.scoringFingerprint() },
            provenance: { _ in try run.deploymentOfDeployedModel() },
            make: { inputs in
                try PredictionStage.make(run) {
                    try run.prepared(inputs(rawData), inputs(processedData))
                }
            })

        all = [
            AnyAsset(rawData), AnyAsset(processedData), AnyAsset(model), AnyAsset(evaluation),
            AnyAsset(deployment), AnyAsset(predictions),
        ]
    }
}

extension DigitAssets {
    /// Whether the model is the one that code version 1 makes: without a moving average, and of a training
    /// that was begun then.
    fileprivate static func trainsAsBefore(_ run: PipelineRun) throws -> Bool {
        guard run.config.model.optimizer.emaDecay != nil else { return true }
        return try run.resumption?.checkpoint.averageRule() == .constant
    }
}

/// Named selections of the assets.
public enum Job: String, Sendable, CaseIterable {
    /// Data, model, evaluation.
    case training
    /// The gate's decision on what was trained.
    case deployment
    /// Scores of images by what is deployed.
    case inference
    case full

    /// In the form that `AssetSelection` reads.
    public var selection: String {
        switch self {
        case .training: "+\(DigitAsset.evaluation.rawValue)"
        case .deployment: DigitAsset.deployment.rawValue
        case .inference: DigitAsset.predictions.rawValue
        case .full: "*"
        }
    }
}

/// Nothing in the config changes the asset.
private struct NoConfig: Encodable {}

private struct DeploymentValues: Encodable {
    let gate: [String: String]
    let strategy: String

    init(gate: [String: String], strategy: DeploymentStrategy) {
        self.gate = gate
        self.strategy = "\(strategy)"
    }
}

private struct PredictionValues: Encodable {
    let source: String
}
