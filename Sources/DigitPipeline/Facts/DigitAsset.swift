import Orchestration
import RunFacts

/// The assets of the pipeline, by the names that the store has.
package enum DigitAsset: String, CaseIterable, Sendable {
    case rawData = "raw_data"
    case processedData = "processed_data"
    case model, evaluation, deployment, predictions
}

// `Orchestration` knows assets by their names, whatever they are.

extension AssetDefinition {
    init(
        _ asset: DigitAsset, from inputs: [DigitAsset] = [], after predecessors: [DigitAsset] = [],
        codeVersion: String
    ) {
        self.init(
            asset.rawValue, from: inputs.map(\.rawValue), after: predecessors.map(\.rawValue),
            codeVersion: codeVersion)
    }
}

extension CheckResult {
    init(
        _ name: String, of asset: DigitAsset, severity: CheckSeverity, passed: Bool,
        evidence: Metadata, problem: String? = nil
    ) {
        self.init(
            name, of: asset.rawValue, severity: severity, passed: passed, evidence: evidence,
            problem: problem)
    }
}

extension [String: Materialization] {
    package subscript(_ asset: DigitAsset) -> Materialization? { self[asset.rawValue] }
}

extension RunDetails {
    package subscript(_ asset: DigitAsset) -> Materialization? { self[asset.rawValue] }
}

extension Sequence<Materialization> {
    func first(of asset: DigitAsset) -> Materialization? {
        first { $0.asset == asset.rawValue }
    }
}

extension RunStore {
    /// All contents of an asset, the latest first.
    ///
    /// - Throws: `StoreError`.
    func materializations(of asset: DigitAsset) throws -> [Materialization] {
        try materializations(ofAsset: asset.rawValue)
    }
}
