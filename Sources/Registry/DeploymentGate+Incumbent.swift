extension DeploymentGate {
    /// Compares a model with the one that it would replace: it must be no worse on the same data,
    /// and what a person promoted stays unless the gate was told otherwise.
    ///
    /// - Parameter isAutomatic: whether no person decides, whom promotions don't concern.
    /// - Returns: none for the very model that is deployed.
    func evaluate(
        _ judgement: Judgement, of digest: String, against incumbent: Incumbent?, isAutomatic: Bool
    ) -> [GateCheck] {
        guard let incumbent else { return isCompared ? [Self.nothingDeployed(judgement)] : [] }
        guard incumbent.decision.modelDigest != digest else { return [] }
        var checks = [GateCheck]()
        if let tolerance = noWorseThanDeployedTolerance {
            checks.append(Self.compare(judgement, incumbent, tolerance: tolerance))
        }
        if isAutomatic, let promotion = incumbent.promotion, !replacesPromoted {
            checks.append(Self.promoted(promotion))
        }
        return checks
    }

    private var isCompared: Bool { noWorseThanDeployedTolerance != nil }

    private static func nothingDeployed(_ judgement: Judgement) -> GateCheck {
        GateCheck(
            rule: GateKey.noWorseThanDeployed.name, metric: GateMetrics.accuracy,
            comparison: .atLeast,
            threshold: nil, value: judgement.candidate?.metrics[GateMetrics.accuracy],
            passed: true, reason: "nothing is deployed yet")
    }

    private static func compare(
        _ judgement: Judgement, _ incumbent: Incumbent, tolerance: Double
    ) -> GateCheck {
        let metric = GateMetrics.accuracy
        let value = judgement.candidate?.metrics[metric]
        let known = judgement.incumbent?.metrics[metric]
        guard let reference = known, GateMetrics.isPossible(reference, for: metric) else {
            return GateCheck(
                rule: GateKey.noWorseThanDeployed.name, metric: metric, comparison: .atLeast,
                threshold: nil,
                value: value, passed: false,
                reason: incomparable(incumbent, candidateIsMeasured: judgement.candidate != nil))
        }
        // The difference of two decimals is off by an ulp or so: 0.9008 − 0.0001 > 0.9007.
        var result = check(
            .noWorseThanDeployed, metric, reference - tolerance, value, slack: 1e-12)
        result.reason += ", the deployed model's on the same data (\(judgement.incumbent!.data))"
        if tolerance > 0 { result.reason += " less \(tolerance)" }
        return result
    }

    private static func incomparable(
        _ incumbent: Incumbent, candidateIsMeasured: Bool
    ) -> String {
        let name = "the deployed model \(incumbent.decision.fileName)"
        if case .failure(let error) = incumbent.model {
            return "\(name) can't be measured: \(error)"
        }
        return candidateIsMeasured
            ? "\(name) wasn't measured on the same data, so nothing can be compared"
            : "nothing was measured that could be compared with \(name)"
    }

    private static func promoted(_ promotion: Decision) -> GateCheck {
        GateCheck(
            rule: GateKey.replacePromoted.name, metric: "promotion", comparison: .atLeast,
            threshold: nil,
            value: nil, passed: false,
            reason: "what is deployed was put there by a person (\(promotion.strategy), decision "
                + "\(promotion.number)), and an automatic deployment replaces that only with "
                + "--replace-promoted")
    }
}
