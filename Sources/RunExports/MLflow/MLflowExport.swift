import DurableFiles
import Foundation

/// How patient an export to a server is.
package struct MLflowPolicy: Sendable, Equatable {
    /// For a request: so long without a byte sent or received.
    package var patienceSeconds: Double
    /// For a request and its whole answer, however much comes meanwhile.
    package var requestSeconds: Double
    /// How often a request is made to a server that says that it is busy, the first time included.
    package var attempts: Int
    /// Before the second attempt, unless the server says more; twice that before the third.
    package var retryDelaySeconds: Double

    package init(
        patienceSeconds: Double = 30, requestSeconds: Double = 300, attempts: Int = 4,
        retryDelaySeconds: Double = 0.5
    ) {
        self.patienceSeconds = patienceSeconds
        self.requestSeconds = requestSeconds
        self.attempts = attempts
        self.retryDelaySeconds = retryDelaySeconds
    }
}

/// What became of a run in MLflow.
package struct MLflowExportResult: Sendable, Equatable {
    package let experimentID: String
    package let runID: String
    /// The run's page.
    package let page: String
    /// False if a run that was exported before was updated.
    package let isNew: Bool
    package let notes: [ExportNote]
}

/// Exports runs to an MLflow tracking server, by its REST API.
///
/// A run is found again by its tag `tessera.run`, in its experiment. Exporting it once more adds
/// what is new and replaces status, end, name, tags and artifacts. Points that are there already,
/// with the same time and value, stay single in a server's database (a server over the old file
/// store would have them twice). Nothing is removed, and MLflow doesn't let parameters or the start
/// change. Folders and databases (`mlruns`, `sqlite:…`) aren't opened: MLflow 3.17 refuses the
/// former unless told otherwise, and a server serves both.
package struct MLflowExport: Sendable {
    private let server: MLflowServer

    /// - Parameter trackingURI: the server's address, with the path before `/api` if it has one.
    ///   A user's name and password in it go before `credentials`.
    /// - Throws: `RunExportError.notAServer` or `.badTrackingURI`.
    package init(
        to trackingURI: String, credentials: MLflowCredentials = .fromEnvironment(),
        policy: MLflowPolicy = MLflowPolicy()
    ) throws {
        server = try MLflowServer(trackingURI, credentials: credentials, policy: policy)
    }

    /// Waits until all of the run is there.
    ///
    /// - Throws: `RunExportError`; `FileError.unreadable` for an artifact, before anything is
    ///   sent. A run that is there in part shows as running; exporting it again completes it.
    @discardableResult
    package func write(_ run: ExportedRun) throws -> MLflowExportResult {
        let content = try MLflowContent(run)
        for artifact in content.artifacts { try Self.checkReadable(artifact.file) }
        let experiment = try experimentID(content.experiment)
        let (found, isNew) = try findOrCreate(run, content, experiment)
        let page = "\(server.address)/#/experiments/\(experiment)/runs/\(found.info.run_id)"
        let uploads = try content.artifacts.map { artifact in
            (artifact.file, try address(of: artifact, in: found.info.artifact_uri))
        }
        try send(content, to: found, page: page)
        for (file, address) in uploads { try server.put(address, RegularFile.read(file)) }
        try finish(run, content, found.info.run_id)
        return MLflowExportResult(
            experimentID: experiment, runID: found.info.run_id, page: page, isNew: isNew,
            notes: content.notes)
    }

    private static func checkReadable(_ file: URL) throws {
        _ = try FileReader(file)
    }

    // MARK: - Experiment and run

    private func experimentID(_ name: String) throws -> String {
        do {
            return try existingExperiment(name)
        } catch RunExportError.refused(_, _, "RESOURCE_DOES_NOT_EXIST", _) {
            do {
                let made: MLflowMessages.ExperimentID = try server.post(
                    "experiments/create", ["name": name])
                return made.experiment_id
            } catch RunExportError.refused(_, _, "RESOURCE_ALREADY_EXISTS", _) {
                // Another export was faster.
                return try existingExperiment(name)
            }
        }
    }

    private func existingExperiment(_ name: String) throws -> String {
        let found: MLflowMessages.ExperimentAnswer = try server.get(
            "experiments/get-by-name", query: ["experiment_name": name])
        guard found.experiment.lifecycle_stage != "deleted" else {
            throw RunExportError.deletedExperiment(
                name: name, id: found.experiment.experiment_id, server: server.address)
        }
        return found.experiment.experiment_id
    }

    private func findOrCreate(_ run: ExportedRun, _ content: MLflowContent, _ experiment: String)
        throws -> (MLflowMessages.Run, isNew: Bool)
    {
        let found: MLflowMessages.Runs = try server.post(
            "runs/search",
            MLflowMessages.Search(
                experiment_ids: [experiment],
                filter: "tags.`\(MLflowContent.idTag)` = '\(run.safeID)'"))
        if let run = found.runs?.first { return (run, false) }
        let made: MLflowMessages.RunAnswer = try server.post(
            "runs/create",
            MLflowMessages.NewRun(
                experiment_id: experiment, run_name: content.name,
                start_time: run.startedAt.unixMilliseconds,
                tags: [.init(key: MLflowContent.idTag, value: run.safeID)]))
        return (made.run, true)
    }

    // MARK: - Content

    private func send(_ content: MLflowContent, to run: MLflowMessages.Run, page: String) throws {
        let batches = MLflowBatches(run: run.info.run_id)
        let bodies =
            try batches.bodies(.params, missing(content.parameters, in: run, page: page))
            + batches.bodies(.tags, content.tags) + batches.bodies(.metrics, content.metrics)
        for body in bodies {
            let _: MLflowMessages.Nothing = try server.post("runs/log-batch", json: body)
        }
    }

    private func missing(
        _ parameters: [MLflowContent.Pair], in run: MLflowMessages.Run, page: String
    ) throws -> [MLflowContent.Pair] {
        let pairs = (run.data?.params ?? []).map { ($0.key, $0.value ?? "") }
        let recorded = Dictionary(pairs) { first, _ in first }
        return try parameters.filter { parameter in
            guard let value = recorded[parameter.key] else { return true }
            guard value == parameter.value else {
                throw RunExportError.parameterChanged(
                    name: parameter.key, recorded: value, exported: parameter.value ?? "",
                    run: page)
            }
            return false
        }
    }

    /// Where an artifact is put, through the server.
    private func address(of artifact: MLflowContent.Artifact, in store: String) throws -> String {
        let service = server.address + "/api/2.0/mlflow-artifacts/artifacts"
        let scheme = "mlflow-artifacts:"
        let root: String
        if store.hasPrefix(service) {
            root = store
        } else if store.hasPrefix(scheme + "/"), !store.hasPrefix(scheme + "//") {
            root = service + store.dropFirst(scheme.count)
        } else {
            throw RunExportError.artifactStore(store, server: server.address)
        }
        let parts = artifact.path.split(separator: "/").map { PercentEncoding.encode(String($0)) }
        return ([root] + parts).joined(separator: "/")
    }

    /// Last, so that a run whose export broke off doesn't look whole.
    private func finish(_ run: ExportedRun, _ content: MLflowContent, _ id: String) throws {
        let _: MLflowMessages.Nothing = try server.post(
            "runs/update",
            MLflowMessages.RunUpdate(
                run_id: id, run_name: content.name, status: run.status.inMLflow,
                end_time: run.finishedAt?.unixMilliseconds))
    }
}
