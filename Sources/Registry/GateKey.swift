/// The gate's rules, by the configuration keys that set them.
package enum GateKey: String, Sendable, CaseIterable {
    case accuracyThreshold = "accuracy_threshold"
    case macroF1Threshold = "macro_f1_threshold"
    case worstClassRecallThreshold = "worst_class_recall_threshold"
    case logLossThreshold = "log_loss_threshold"
    case noWorseThanDeployed = "no_worse_than_deployed"
    case replacePromoted = "replace_promoted"

    package var name: String { rawValue }

    /// What is compared; nil for a rule that compares no figure.
    var metric: String? {
        switch self {
        case .accuracyThreshold, .noWorseThanDeployed: GateMetrics.accuracy
        case .macroF1Threshold: GateMetrics.macroF1
        case .worstClassRecallThreshold: GateMetrics.worstClassRecall
        case .logLossThreshold: GateMetrics.logLoss
        case .replacePromoted: nil
        }
    }

    var comparison: GateCheck.Comparison { self == .logLossThreshold ? .atMost : .atLeast }

    /// About what is deployed: such a rule says nothing about a model by itself.
    package static let ofIncumbent: Set<String> = [noWorseThanDeployed.name, replacePromoted.name]
}
