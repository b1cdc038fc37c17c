/// How two runs differ, side by side: config, environment, assets, and the figures of both.
package struct RunDifference: Sendable, Encodable {
    package let first: String
    package let second: String
    /// Keys whose values differ; nil where a run hasn't got the key.
    package let config: [Pair<String>]
    package let environment: [Pair<String>]
    package let assets: [AssetPair]
    /// Numbers that both runs or one of them have, equal ones included.
    package let figures: [Pair<Double>]

    /// The values of one name in the two runs.
    package struct Pair<Value: Sendable & Encodable & Equatable>: Sendable, Encodable {
        package let name: String
        package let first: Value?
        package let second: Value?

        package var isEqual: Bool { first == second }
    }

    /// One asset in the two runs.
    package struct AssetPair: Sendable, Encodable {
        package let name: String
        package let first: Materialization?
        package let second: Materialization?

        /// Made of the same code, config and data.
        package var hasSameVersion: Bool { first?.version == second?.version }
        /// Bit by bit the same content.
        package var hasSameArtifact: Bool { first?.artifact == second?.artifact }
        /// The texts and lists among the metadata that differ, such as a data set's name.
        package let metadata: [Pair<String>]
    }

    package init(_ first: RunDetails, _ second: RunDetails) {
        self.first = first.run.id
        self.second = second.run.id
        config = Self.pairs(first.run.config, second.run.config).filter { !$0.isEqual }
        environment = Self.pairs(first.run.environment, second.run.environment)
            .filter { !$0.isEqual }
        assets = Self.assetPairs(first, second)
        figures = Self.pairs(Self.figures(of: first), Self.figures(of: second))
    }

    private static func pairs<Value>(
        _ first: [String: Value], _ second: [String: Value]
    ) -> [Pair<Value>] {
        Set(first.keys).union(second.keys).sorted().map {
            Pair(name: $0, first: first[$0], second: second[$0])
        }
    }

    private static func assetPairs(_ first: RunDetails, _ second: RunDetails) -> [AssetPair] {
        let names = first.assets.map(\.materialization.asset)
        let others = second.assets.map(\.materialization.asset).filter { !names.contains($0) }
        return (names + others).map { name in
            AssetPair(
                name: name, first: first[name], second: second[name],
                metadata: pairs(texts(first[name]), texts(second[name])).filter { !$0.isEqual })
        }
    }

    private static func texts(_ materialization: Materialization?) -> [String: String] {
        (materialization?.metadata ?? [:]).filter { $0.value.double == nil }.mapValues(\.text)
    }

    /// The last values of the metrics (`last.validation_loss`: of the last epoch, which needn't be the
    /// best), and the numbers that came with the assets (`model.validation_loss`: of the best one).
    private static func figures(of details: RunDetails) -> [String: Double] {
        var figures = Dictionary(
            uniqueKeysWithValues: details.metrics.map { ("last.\($0.key)", $0.value) })
        for asset in details.assets {
            for (name, value) in asset.materialization.metadata {
                figures["\(asset.materialization.asset).\(name)"] = value.double
            }
        }
        return figures
    }
}
