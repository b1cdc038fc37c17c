/// What a model was found to do on a data set, by the gate itself or by a run of this store. What a
/// file says of itself is none.
package struct ModelMeasurement: Sendable, Equatable, Codable {
    package var metrics: GateMetrics
    /// For people, such as `mnist, test`.
    package var data: String
    /// SHA-256 of the images and labels that it was measured on.
    package var dataDigest: String
    /// The run that measured it; nil where the gate did.
    package var run: String?

    package init(metrics: GateMetrics, data: String, dataDigest: String, run: String? = nil) {
        self.metrics = metrics
        self.data = data
        self.dataDigest = dataDigest
        self.run = run
    }

    enum CodingKeys: String, CodingKey {
        case metrics, data, run
        case dataDigest = "data_sha256"
    }
}

/// The model that is deployed while another is judged.
package struct Incumbent: Sendable {
    /// By which it was deployed.
    package let decision: Decision
    /// Its bytes; the error where they are missing or altered.
    package let model: Result<VerifiedModel, RegistryError>
    /// The decision of the person who promoted it, which an automatic one doesn't undo.
    package let promotion: Decision?

    var notices: [RegistryNotice] {
        guard case .failure(let error) = model else { return [] }
        return [.deployedDamaged(reason: error.description)]
    }
}

/// What is known of a candidate and of the model that it would replace.
package struct Judgement: Sendable {
    /// Nil where nobody measured the candidate.
    package var candidate: ModelMeasurement?
    /// Of the deployed model, on the candidate's data; nil where that isn't known.
    package var incumbent: ModelMeasurement?
    /// Why something wasn't measured, and how to have it measured.
    package var advice: String?

    package init(
        candidate: ModelMeasurement? = nil, incumbent: ModelMeasurement? = nil,
        advice: String? = nil
    ) {
        self.candidate = candidate
        self.incumbent = incumbent
        self.advice = advice
    }
}

/// The deployed model in a decision on another: what is replaced, or kept.
package struct IncumbentRecord: Sendable, Equatable, Codable {
    package var digest: String
    package var fileName: String
    /// By which it was deployed.
    package var strategy: String
    /// On the data that the candidate was measured on; nil where that isn't known.
    package var metrics: GateMetrics?

    enum CodingKeys: String, CodingKey {
        case strategy, metrics
        case digest = "model_sha256"
        case fileName = "file_name"
    }
}
