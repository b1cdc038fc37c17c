import Foundation
import RunFacts

/// A run in MLflow's words, and what had to be changed for it.
struct MLflowContent {
    struct Pair: Codable, Equatable {
        var key: String
        /// MLflow leaves an empty one out.
        var value: String?
    }

    struct Metric: Encodable {
        let key: String
        let value: Double
        let timestamp: Int64
        let step: Int
    }

    struct Artifact {
        let path: String
        let file: URL
    }

    /// The tag by which a run is found again.
    static let idTag = "tessera.run"

    let experiment: String
    let name: String
    private(set) var parameters: [Pair] = []
    private(set) var tags: [Pair] = []
    private(set) var metrics: [Metric] = []
    private(set) var artifacts: [Artifact] = []
    private(set) var notes: [ExportNote] = []

    /// - Throws: `RunExportError.badArtifactPath`.
    init(_ run: ExportedRun) throws {
        let group = run.experiment.isEmpty ? "Default" : run.experiment
        experiment = MLflowNames.fitted(group, insteadOf: group, limit: MLflowNames.experimentLimit)
        let title = run.name.isEmpty ? run.id : run.name
        name = MLflowNames.fitted(title, insteadOf: title, limit: MLflowNames.nameLimit)
        noteName(.experiment, group, experiment)
        noteName(.run, title, name)
        parameters = run.parameters.sorted().map {
            pair(.parameter, $0.0, $0.1, limit: MLflowNames.parameterLimit)
        }
        tags = tags(of: run)
        addMetrics(run.metrics)
        artifacts = try run.artifacts.map { artifact in
            let path = try MLflowNames.artifactPath(artifact.path)
            noteName(.artifact, artifact.path, path)
            return Artifact(path: path, file: artifact.file)
        }
    }

    private mutating func tags(of run: ExportedRun) -> [Pair] {
        // What MLflow or we give a meaning isn't the run's to set.
        let ours = [
            Pair(key: Self.idTag, value: run.safeID),
            Pair(key: "tessera.status", value: run.status.rawValue),
            Pair(key: "mlflow.source.name", value: "tessera"),
            Pair(key: "mlflow.source.type", value: "LOCAL"),
        ]
        let reserved = Set(ours.map(\.key) + ["mlflow.runName"])
        return ours
            + run.tags.sorted().map { name, value in
                let free = reserved.contains(name) ? "tag.\(name)" : name
                if free != name { notes.append(.renamed(.tag, from: name, to: free)) }
                return pair(.tag, free, value, limit: MLflowNames.tagLimit)
            }
    }

    private mutating func addMetrics(_ points: [ExportedMetric]) {
        var keys: [String: String] = [:]
        var infinite: Set<String> = []
        for point in points {
            if keys[point.name] == nil {
                keys[point.name] = MLflowNames.key(point.name)
                noteName(.metric, point.name, keys[point.name]!)
            }
            if point.value.isInfinite, infinite.insert(point.name).inserted {
                notes.append(.infinite(metric: point.name))
            }
            metrics.append(
                Metric(
                    key: keys[point.name]!, value: point.value,
                    timestamp: point.at.unixMilliseconds, step: point.step))
        }
    }

    private mutating func pair(_ kind: ExportNote.Kind, _ name: String, _ value: String, limit: Int)
        -> Pair
    {
        let key = MLflowNames.key(name)
        noteName(kind, name, key)
        let count = value.unicodeScalars.count
        guard count > limit else { return Pair(key: key, value: value) }
        notes.append(.shortened(kind, name: name, count: count, limit: limit))
        return Pair(key: key, value: MLflowNames.shortened(value, to: limit))
    }

    private mutating func noteName(_ kind: ExportNote.Kind, _ name: String, _ given: String) {
        if given != name { notes.append(.renamed(kind, from: name, to: given)) }
    }
}

extension RunStatus {
    /// One of MLflow's; `tessera.status` has our own.
    var inMLflow: String {
        switch self {
        case .running: "RUNNING"
        case .succeeded: "FINISHED"
        case .failed: "FAILED"
        case .interrupted, .cancelled: "KILLED"
        }
    }
}
