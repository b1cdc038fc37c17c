import DigitPipeline
import Foundation
import Orchestration
import Registry

extension HomeOptions {
    private var url: URL {
        get throws { try effectiveConfig().config.homeURL }
    }

    /// The run store; nil where nothing was ever run, so that looking makes no folder.
    func store() throws -> RunStore? {
        let url = try url
        return try RunStore.exists(in: url) ? openStore(url) : nil
    }

    func existingStore() throws -> RunStore {
        guard let store = try store() else { throw CommandError.noRuns(home: try url.path) }
        return store
    }

    /// The store, or a copy of it where it can't be written, as on a full or read-only disk.
    func readableStore() throws -> RunStore? { try tessera.readableStore(url) }

    func existingReadableStore() throws -> RunStore {
        guard let store = try readableStore() else { throw CommandError.noRuns(home: try url.path) }
        return store
    }

    /// The run that a user means: its id or the start of one, `latest`, or a model's name for the run
    /// that deployed or evaluated it.
    func run(_ reference: String, in store: RunStore) throws -> StoredRun {
        if reference != "deployed" {
            do { return try store.run(reference) } catch let unknown as StoreError {
                guard case .unknownRun = unknown,
                    let run = try run(ofModel: reference, in: store)
                else { throw unknown }
                return run
            }
        }
        let registry = DeploymentStage.registry(home: store.home)
        guard let decision = try registry.deployedDecision() else {
            throw RegistryError.nothingDeployed(location: registry.store.location)
        }
        guard let run = try run(of: decision.modelDigest, in: store) else {
            throw CommandError.deployedWithoutRun(model: decision.modelDigest)
        }
        return run
    }

    private func run(ofModel reference: String, in store: RunStore) throws -> StoredRun? {
        let registry = DeploymentStage.registry(home: store.home)
        do {
            return try run(of: registry.resolve(reference).digest, in: store)
        } catch RegistryError.unknownModel { return nil }
    }

    private func run(of digest: String, in store: RunStore) throws -> StoredRun? {
        try store.run(thatDeployed: digest)
            ?? store.run(having: DeploymentFacts.modelDigest, equal: digest)
            ?? store.run(having: EvaluationFacts.modelDigest, equal: digest)
    }
}
