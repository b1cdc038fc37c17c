import Foundation
import Kernels
import Orchestration
import Registry
import Training

/// Finds out how good a candidate is and, on the same data, the model that it would replace: by what
/// a run of the store measured, or by measuring here and now. A file's own figures count for nothing.
public struct ModelJudge {
    private let recorded: RecordedMeasurements?
    private let pool: WorkerPool
    /// What the candidate's own run measured.
    private let known: ModelMeasurement?
    /// Data at hand.
    private let set: (() throws -> JudgedSet)?
    /// Whether the candidate is to be measured on them, whatever is on record.
    private let measuresAnew: Bool

    /// - Parameters:
    ///   - store: with runs whose evaluations count.
    ///   - known: what a run is known to have measured of the candidate.
    ///   - set: asked for only where something has to be measured.
    ///   - measuresAnew: whether the candidate is measured on `set`, whatever is known of it.
    package init(
        store: RunStore?, pool: WorkerPool, known: ModelMeasurement? = nil,
        measuresAnew: Bool = false, set: (() throws -> JudgedSet)? = nil
    ) {
        recorded = store.map(RecordedMeasurements.init)
        self.pool = pool
        self.known = known
        self.set = set
        self.measuresAnew = measuresAnew
    }

    /// - Throws: what reading data and store throws. A model that doesn't fit the data is no error: it
    ///   has no measurement, and the advice says why.
    package func judge(
        _ candidate: VerifiedModel, _ incumbent: Incumbent?
    ) throws -> Judgement {
        var judgement = Judgement()
        judgement.candidate = try measurement(of: candidate, &judgement)
        guard let incumbent, incumbent.decision.modelDigest != candidate.digest,
            let measured = judgement.candidate
        else { return judgement }
        judgement.incumbent = try measurement(
            of: incumbent, on: measured.dataDigest, &judgement)
        return judgement
    }

    private func measurement(
        of candidate: VerifiedModel, _ judgement: inout Judgement
    ) throws -> ModelMeasurement? {
        if measuresAnew, let set {
            return try measure(candidate, on: set(), "the model", &judgement)
        }
        if let found = try known ?? recorded?.measurement(of: candidate.digest) { return found }
        judgement.advice =
            "no run of this store measured this very file, and what a file says of itself doesn't "
            + "count; have it measured with --data-dir DIR or --dataset NAME"
        return nil
    }

    private func measurement(
        of incumbent: Incumbent, on dataDigest: String, _ judgement: inout Judgement
    ) throws -> ModelMeasurement? {
        let digest = incumbent.decision.modelDigest
        if let found = try recorded?.measurement(of: digest, on: dataDigest) { return found }
        guard let set else {
            judgement.advice =
                "have both measured on the same data with --data-dir DIR or --dataset NAME"
            return nil
        }
        guard case .success(let model) = incumbent.model else { return nil }
        let data = try set()
        guard data.digest == dataDigest else { return nil }
        return try measure(model, on: data, "the deployed model", &judgement)
    }

    private func measure(
        _ model: VerifiedModel, on data: JudgedSet, _ role: String, _ judgement: inout Judgement
    ) throws -> ModelMeasurement? {
        let file = try ModelFile(parsing: model.data, name: model.fileName)
        do { return try data.measure(file, pool: pool) } catch let error as PipelineError {
            judgement.advice =
                "\(role) can't be measured on \(data.name): \(error); a person can promote the "
                + "new one with --strategy manual"
            return nil
        }
    }
}
