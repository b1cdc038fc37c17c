/// How two runs differ, side by side: config, environment, assets, and the figures of both.
public struct RunDifference: Sendable, Encodable {
    public let first: String
    public let second: String
    /// Keys whose values differ; nil where a run hasn't got the key.
    public let config: [Pair<String>]
    public let environment: [Pair<String>]
    public let assets: [AssetPair]
    /// Numbers that both runs or one of them have, equal ones included.
    public let figures: [Pair<Double>]

    /// The values of one name in the two runs.
    public struct Pair<Value: Sendable & Encodable & Equatable>: Sendable, Encodable {
        public let name: String
        public let first: Value?
        public let second: Value?

        public var isEqual: Bool { first == second }
    }

    /// One asset in the two runs.
    public struct AssetPair: Sendable, Encodable {
        public let name: String
        public let first: Materialization?
        public let second: Materialization?

        /// Made of the same code, config and data.
        public var hasSameVersion: Bool { first?.version == second?.version }
        /// Bit by bit the same content.
        public var hasSameArtifact: Bool { first?.artifact == second?.artifact }
        /// The texts and lists among the metadata that differ, such as a data set's name.
        public let metadata: [Pair<String>]
    }

    public init(_ first: RunDetails, _ second: RunDetails) {
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
