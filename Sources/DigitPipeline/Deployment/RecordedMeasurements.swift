import DurableFiles
import Foundation
import Orchestration
import Registry

/// What runs of a store found models to do. A model is told by its file's digest, so that a file
/// whose weights were changed has none, whatever it says of itself.
struct RecordedMeasurements {
    let store: RunStore

    /// The last measurement of a model.
    ///
    /// - Parameter dataDigest: on these data only.
    /// - Throws: `StoreError`, `ArtifactError`, `FileError`.
    func measurement(of digest: String, on dataDigest: String? = nil) throws -> ModelMeasurement? {
        for evaluation in try evaluations(of: digest) {
            let found = try measurement(evaluation)
            if let found, dataDigest == nil || found.dataDigest == dataDigest { return found }
        }
        return nil
    }

    /// What an evaluation found; nil where its data aren't on record.
    func measurement(_ evaluation: Materialization) throws -> ModelMeasurement? {
        let inputs = try store.inputs(of: evaluation)
        guard let data = inputs[.rawData],
            let dataset = data[RawDataFacts.dataset], let dataDigest = data[RawDataFacts.digest],
            let split = inputs[.processedData]?[ProcessedDataFacts.indexDigest]
        else { return nil }
        let content = try Evaluation(
            artifact: ArtifactStore(home: store.home).read(evaluation.artifact))
        let set = content.judgedName
        return ModelMeasurement(
            metrics: content.judged.gateMetrics, data: JudgedSet.name(dataset: dataset, set: set),
            dataDigest: JudgedSet.digest(ofData: dataDigest, set: set, split: split),
            run: evaluation.run)
    }

    private func evaluations(of digest: String) throws -> [Materialization] {
        let named = try store.materializations(
            with: EvaluationFacts.modelDigest, equal: digest)
        return try named.isEmpty ? unnamed(of: digest) : named
    }

    /// Evaluations of earlier versions don't have the digest of the model's file; the file does.
    private func unnamed(of digest: String) throws -> [Materialization] {
        try store.materializations(of: .evaluation).filter { evaluation in
            guard evaluation[EvaluationFacts.modelDigest] == nil,
                let path = evaluation[EvaluationFacts.modelFile],
                let url = RunFolder.file(at: path, home: store.home)
            else { return false }
            return try SHA256.hexDigest(ofFile: url) == digest
        }
    }
}

extension RunFolder {
    /// A file of a run by its path from the home folder; nil where the path isn't of this form or
    /// the file isn't there.
    static func file(at path: String, home: URL) -> URL? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == parent,
            !parts.contains(where: { $0.isEmpty || $0.hasPrefix(".") })
        else { return nil }
        let url = home.appendingPathComponent(path)
        return FileManager.default.fileExists(atPath: url.path) ? url : nil
    }
}
