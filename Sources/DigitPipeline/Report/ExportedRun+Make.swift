import DurableFiles
import Foundation
import Orchestration
import RunExports

extension ExportedRun {
    /// A run as other trackers take it: the config as parameters, metrics by step, the figures of the
    /// evaluation, tags, and the files of the run's folder.
    ///
    /// - Throws: `StoreError`.
    package init(of details: RunDetails, in store: RunStore, experiment: String) throws {
        let run = details.run
        self.init(
            id: run.id, name: run.tags[SweepTags.trialName] ?? run.id, experiment: experiment,
            status: run.status, startedAt: run.startedAt,
            finishedAt: run.finishedAt, parameters: run.config,
            tags: run.tags.merging(run.environment) { own, _ in own },
            metrics: try ExportedRun.metrics(details, store),
            artifacts: try ExportedRun.artifacts(run, store))
        for asset in details.assets {
            let made = asset.materialization
            tags["\(made.asset)_version"] = made.version.digest
            tags["\(made.asset)_artifact"] = made.artifact
        }
    }

    private static func metrics(
        _ details: RunDetails, _ store: RunStore
    ) throws -> [ExportedMetric] {
        // Those of the training are the run's that trained.
        let trained = details[.model]?.run ?? details.run.id
        let steps = try store.metrics(of: trained).map {
            ExportedMetric(name: $0.name, step: $0.step, value: $0.value ?? .nan, at: $0.at)
        }
        let last = steps.map(\.step).max() ?? 0
        let metrics = (details[.evaluation]?.metadata ?? [:]).sorted { $0.key < $1.key }
            .compactMap { name, value in
                value.double.map {
                    ExportedMetric(
                        name: "evaluation_\(name)", step: last, value: $0,
                        at: details[.evaluation]?.at ?? details.run.startedAt)
                }
            }
        return steps + metrics
    }

    /// The folder of the run but for its checkpoints.
    private static func artifacts(
        _ run: StoredRun, _ store: RunStore
    ) throws -> [ExportedArtifact] {
        let folder = RunFolder(home: store.home, id: run.id, startedAt: run.startedAt)
        guard folder.exists else { return [] }
        return try Folder.names(in: folder.url).compactMap { name in
            let file = folder.file(name)
            guard FileFacts(file.path)?.kind == .file else { return nil }
            return ExportedArtifact(path: name, file: file)
        }
    }
}
