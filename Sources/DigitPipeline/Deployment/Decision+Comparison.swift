import Foundation
import Registry

extension Decision {
    /// What was replaced or kept, with both figures; nil where nothing else was deployed.
    public var comparison: String? {
        incumbent.map { $0.comparison(outcome: outcome, candidate: metrics) }
    }
}

extension DeploymentContent {
    /// What was replaced or kept, with both figures; nil where nothing else was deployed.
    public var comparison: String? {
        incumbent.map { $0.comparison(outcome: outcome, candidate: metrics) }
    }
}

extension IncumbentRecord {
    /// `replaces a.safetensors (0123456789ab, automatic): accuracy 0.973, this one 0.981, on the same data`
    fileprivate func comparison(
        outcome: Decision.Outcome, candidate: GateMetrics
    ) -> String {
        let verb = outcome == .deployed ? "replaces" : "keeps"
        let name = "\(fileName) (\(digest.prefix(12)), \(strategy))"
        let own = candidate[GateMetrics.accuracy].map { "\($0)" } ?? "not measured"
        guard let theirs = metrics?[GateMetrics.accuracy] else {
            return
                "\(verb) \(name): its accuracy wasn't measured on the same data, this one's: \(own)"
        }
        return "\(verb) \(name): accuracy \(theirs), this one \(own), on the same data"
    }
}
