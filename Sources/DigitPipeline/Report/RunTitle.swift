import Foundation
import Orchestration
import Training

/// What a run's page is about, in a line.
struct RunTitle {
    let details: RunDetails

    /// `DigitCNN on mnist: 99.43% test accuracy, 28 November 2026`
    var text: String { "\(subject), \(ReportText.day(details.run.startedAt))" }

    private var subject: String {
        guard details[.model] != nil || details[.evaluation] != nil else {
            return details[.predictions] != nil
                ? "Pictures scored by the deployed model" : "Data of \(dataset)"
        }
        let name = "\(network) on \(dataset)"
        guard let accuracy else { return name }
        return "\(name): \(ReportText.percent(accuracy.value)) \(accuracy.set) accuracy"
    }

    private var network: String {
        // Runs of before there was a choice trained the first of them.
        let kind = details.run.config[NetworkConfig.kindKey.name]
            .flatMap { NetworkKind($0) }
        return (kind ?? .digitCNN).title
    }

    private var accuracy: (set: String, value: Double)? {
        for facts in [EvaluationFacts.test, EvaluationFacts.validation] {
            if let value = details[facts.accuracy] { return (facts.set, value) }
        }
        return details[ModelFacts.validationAccuracy].map { (EvaluationFacts.validation.set, $0) }
    }

    private var dataset: String {
        let text =
            details[RawDataFacts.dataset] ?? details.run.config[ConfigSchema.datasetKey.name]
            ?? "unknown data"
        // Of `idx:FOLDER` and the like the last part is the name; the whole is among the facts.
        let name = text.split(separator: "/").last.map(String.init) ?? text
        return details[RawDataFacts.isSample] == true ? "the sample of \(name)" : name
    }
}

extension NetworkKind {
    fileprivate var title: String {
        switch self {
        case .digitCNN: "DigitCNN"
        case .mlp: "MLP"
        case .leNet5: "LeNet-5"
        case .resNet: "ResNet"
        case .layers: "A network"
        }
    }
}
