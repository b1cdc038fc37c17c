/// All that the store has of one run.
package struct RunDetails: Sendable, Encodable {
    package let run: StoredRun
    package let assets: [RunAsset]
    /// The last value of each metric, by name.
    package let metrics: [String: Double]
    package let checks: [CheckResult]
    package let deployments: [DeploymentRecord]

    /// An asset that the run has.
    package struct RunAsset: Sendable, Encodable {
        package let materialization: Materialization
        package let isReused: Bool
        /// What making it took; nil for one that an earlier run made.
        package let seconds: Double?

        enum CodingKeys: String, CodingKey {
            case materialization, seconds
            case isReused = "is_reused"
        }
    }

    package subscript(asset: String) -> Materialization? {
        assets.first { $0.materialization.asset == asset }?.materialization
    }
}

extension RunStore {
    /// - Throws: `StoreError`.
    package func details(of run: StoredRun) throws -> RunDetails {
        let events = try events(of: run.id)
        let assets = try materializations(of: run.id).map { materialization in
            RunDetails.RunAsset(
                materialization: materialization, isReused: materialization.run != run.id,
                seconds: events.last {
                    $0.kind == .assetSucceeded && $0.asset == materialization.asset
                }?.seconds)
        }
        return RunDetails(
            run: run, assets: assets,
            // In the order of their steps: the last one stays.
            metrics: Dictionary(
                try metrics(of: run.id).compactMap { point in point.value.map { (point.name, $0) }
                },
                uniquingKeysWith: { $1 }),
            checks: try checks(of: run.id), deployments: try deployments(of: run.id))
    }
}
