/// The figures of a model that gates look at, by name. Fractions are in [0, 1].
package struct GateMetrics: Sendable, Equatable, Codable, ExpressibleByDictionaryLiteral {
    package static let accuracy = "accuracy"
    package static let macroF1 = "macro_f1"
    package static let worstClassRecall = "worst_class_recall"
    package static let logLoss = "log_loss"

    package var values: [String: Double]

    package init(_ values: [String: Double]) { self.values = values }

    package init(dictionaryLiteral elements: (String, Double)...) {
        values = Dictionary(elements) { _, last in last }
    }

    /// Whether a metric can have this value.
    static func isPossible(_ value: Double, for metric: String) -> Bool {
        metric == logLoss ? value >= 0 && value.isFinite : (0...1).contains(value)
    }

    static func range(of metric: String) -> String {
        metric == logLoss ? "a finite number, 0 or more" : "a fraction from 0 to 1"
    }

    package subscript(name: String) -> Double? {
        get { values[name] }
        set { values[name] = newValue }
    }

    package init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: Double].self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(values)
    }
}

/// One metric against one threshold.
package struct GateCheck: Sendable, Equatable, Codable {
    package enum Comparison: String, Sendable, Codable {
        case atLeast = ">="
        case atMost = "<="
    }

    /// The config key of the threshold, such as `accuracy_threshold`.
    package var rule: String
    package var metric: String
    package var comparison: Comparison
    /// Nil when there is nothing to compare with.
    package var threshold: Double?
    /// Nil when the metric was not given.
    package var value: Double?
    package var passed: Bool
    /// In words, such as `accuracy 0.85 is under 0.9`.
    package var reason: String
}

/// What a model must reach to be deployed without a person.
package struct DeploymentGate: Sendable, Equatable {
    /// A fraction; 0.90 by default.
    package let minimumAccuracy: Double
    package let minimumMacroF1: Double?
    package let minimumWorstClassRecall: Double?
    /// In nats.
    package let maximumLogLoss: Double?
    /// How much lower than the deployed model's, on the same data, the accuracy may be; nil doesn't
    /// compare.
    package let noWorseThanDeployedTolerance: Double?
    /// Whether an automatic deployment may replace what a person promoted.
    package let replacesPromoted: Bool

    /// - Throws: `RegistryError.impossibleThreshold` for a fraction outside [0, 1], a negative or
    ///   non-finite limit.
    package init(
        minimumAccuracy: Double = 0.90, minimumMacroF1: Double? = nil,
        minimumWorstClassRecall: Double? = nil, maximumLogLoss: Double? = nil,
        noWorseThanDeployedTolerance: Double? = nil, replacesPromoted: Bool = false
    ) throws {
        let fractions: [(GateKey, Double?)] = [
            (.accuracyThreshold, minimumAccuracy), (.macroF1Threshold, minimumMacroF1),
            (.worstClassRecallThreshold, minimumWorstClassRecall),
            (.noWorseThanDeployed, noWorseThanDeployedTolerance),
        ]
        for case (let key, let value?) in fractions where !(value >= 0 && value <= 1) {
            throw RegistryError.impossibleThreshold(
                key: key.name, value: value, allowed: "a fraction from 0 to 1")
        }
        if let limit = maximumLogLoss, !(limit >= 0 && limit.isFinite) {
            throw RegistryError.impossibleThreshold(
                key: GateKey.logLossThreshold.name, value: limit,
                allowed: "a finite number, 0 or more")
        }
        self.minimumAccuracy = minimumAccuracy
        self.minimumMacroF1 = minimumMacroF1
        self.minimumWorstClassRecall = minimumWorstClassRecall
        self.maximumLogLoss = maximumLogLoss
        self.noWorseThanDeployedTolerance = noWorseThanDeployedTolerance
        self.replacesPromoted = replacesPromoted
    }

    /// Compares a model's figures with every threshold. A metric that is missing, NaN or impossible
    /// fails.
    package func evaluate(_ metrics: GateMetrics) -> [GateCheck] {
        let limits: [(GateKey, Double?)] = [
            (.accuracyThreshold, minimumAccuracy), (.macroF1Threshold, minimumMacroF1),
            (.worstClassRecallThreshold, minimumWorstClassRecall),
            (.logLossThreshold, maximumLogLoss),
        ]
        return limits.compactMap { rule, threshold in
            guard let threshold, let metric = rule.metric else { return nil }
            return Self.check(rule, metric, threshold, metrics[metric])
        }
    }

    // MARK: - Checks

    static func check(
        _ rule: GateKey, _ metric: String, _ threshold: Double, _ value: Double?,
        slack: Double = 0
    ) -> GateCheck {
        let comparison = rule.comparison
        var passed = false
        let reason: String
        if let value, !value.isNaN, !GateMetrics.isPossible(value, for: metric) {
            reason =
                "\(metric) \(value) is impossible, expected \(GateMetrics.range(of: metric))"
        } else if let value, !value.isNaN {
            passed = comparison == .atLeast ? value >= threshold - slack : value <= threshold
            let relation =
                switch (comparison, passed) {
                case (.atLeast, true): "is at least"
                case (.atLeast, false): "is under"
                case (.atMost, true): "is at most"
                case (.atMost, false): "is over"
                }
            reason = "\(metric) \(value) \(relation) \(threshold)"
        } else {
            reason =
                "\(metric) is \(value == nil ? "missing" : "not a number"), "
                + "expected \(comparison.rawValue) \(threshold)"
        }
        return GateCheck(
            rule: rule.name, metric: metric, comparison: comparison, threshold: threshold,
            value: value,
            passed: passed, reason: reason)
    }
}
