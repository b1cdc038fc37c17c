import DigitPipeline
import Foundation
import Kernels
import Orchestration
import Registry

/// What the commands that deploy share: the registry, and how candidates are measured and verified.
struct ModelDecider {
    let registry: ModelRegistry
    let store: RunStore?
    private let effective: EffectiveConfig
    private let pool: WorkerPool

    /// - Throws: `StoreError`, `FileError`.
    init(_ effective: EffectiveConfig) throws {
        self.effective = effective
        let home = effective.config.homeURL
        registry = DeploymentStage.registry(
            home: home,
            onWait: {
                Console.standardError().line(Waiting.text($0))
            })
        store = try readableStore(home)
        pool = effective.config.makePool()
    }

    /// Measures on the data that were named, by a flag, a variable or the file; else takes what is on
    /// record.
    ///
    /// - Parameter known: what the candidate's own run measured.
    func judge(known: ModelMeasurement? = nil) -> ModelJudge {
        guard
            effective.isSet(ConfigSchema.dataDirKey.name)
                || effective.isSet(ConfigSchema.datasetKey.name)
        else {
            return ModelJudge(store: store, pool: pool, known: known)
        }
        let data = LazyJudgedSet(effective.config)
        return ModelJudge(
            store: store, pool: pool, known: known, measuresAnew: true, set: data.get)
    }

    /// - Throws: `PipelineError.recordLost`.
    func requireRecord(_ strategy: DeploymentStrategy) throws {
        guard let store else { return }
        try LostDeployments(registry, store).requireNone(strategy)
    }

    func verify(_ url: URL) throws { try DeploymentStage.verify(url, pool: pool) }
}

/// Data that are loaded when they are first asked for.
private final class LazyJudgedSet {
    private let config: RunConfig
    private var set: JudgedSet?

    init(_ config: RunConfig) { self.config = config }

    func get() throws -> JudgedSet {
        if let set { return set }
        let loaded = try withPrinter { printer in
            JudgedSet(
                try PreparedData.load(
                    config.data, cache: datasetCache(), observer: printer.handle))
        }
        set = loaded
        return loaded
    }
}

extension Deployment {
    /// Shows the decision; notices go to standard error.
    ///
    /// - Throws: the exit status of a refusal.
    func report(_ output: JSONOption) throws {
        for notice in notices { Console.standardError().line("registry: \(notice)") }
        if output.json {
            try printJSON(decision)
        } else {
            try StandardOutput.lines(decision.titledLines, output.layout)
        }
        guard decision.outcome == .deployed else { throw end(.gateRefused) }
    }
}

extension Decision {
    var titledLines: [String] { ["\(fileName) (\(modelDigest.prefix(12)))"] + lines }
}
