import DurableFiles
import Foundation

/// Keeps models and proof of what was deployed and why.
///
/// Layout of a store: `models/DIGEST/FILENAME` (content), `models/DIGEST.json` (entry),
/// `audit.jsonl` (the record of decisions), `deployed.json` (the pointer that follows from it).
/// What is deployed is what the record's last `deployed` line says; the pointer is checked against
/// it whenever the store is read.
package struct ModelRegistry: Sendable {
    package let store: any ModelStore
    /// Who decides, for the record.
    package let actor: String?
    let now: @Sendable () -> Date

    /// Opens a registry, which changes nothing: what a crash left is mended by the next deployment.
    /// On a record that was *changed* nothing is built: `verifyAudit` describes it, all else throws.
    package init(
        store: any ModelStore, actor: String? = ModelRegistry.currentUser,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.store = store
        self.actor = actor
        self.now = now
    }

    /// Opens the registry in a folder, such as `.tessera/registry`, which is made when something
    /// is first deployed.
    ///
    /// - Parameter onWait: told the lock's path where a writer waits for another.
    package init(
        folder: URL, actor: String? = ModelRegistry.currentUser,
        onWait: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.init(store: LocalModelStore(folder: folder, onWait: onWait), actor: actor)
    }

    /// The name of the user as the environment has it, or else the user database.
    package static var currentUser: String { SystemUser.name }

    // MARK: - Reading

    /// Every model, the latest decided on first.
    package func list() throws -> [RegisteredModel] { models(try soundState()) }

    /// Every decision, oldest first.
    package func history() throws -> [Decision] { try soundState().log.decisions }

    /// The decision by which the current model was deployed, or nil when none is.
    package func deployedDecision() throws -> Decision? { try soundState().log.deployed }

    /// The deployed model, read and checked against its digest.
    ///
    /// - Throws: `RegistryError.nothingDeployed`, `.modelMissing` or `.modelAltered`.
    package func deployed() throws -> VerifiedModel {
        let state = try soundState()
        guard let decision = state.log.deployed else {
            throw RegistryError.nothingDeployed(location: store.location)
        }
        return try read(decision.modelDigest, state)
    }

    /// The model that `reference` names, read and checked against its digest.
    package func model(_ reference: String) throws -> VerifiedModel {
        let state = try soundState()
        return try read(resolve(reference, in: state).digest, state)
    }

    /// The last measurement of a model that is on record, on these data or on any.
    package func measurement(
        of digest: String, on dataDigest: String? = nil
    ) throws -> ModelMeasurement? {
        try soundState().log.measurement(of: digest, on: dataDigest)
    }

    // MARK: - Helpers

    func soundState() throws -> RegistryState {
        let state = try RegistryState(reading: store)
        try state.requireSound(store)
        return state
    }

    func models(_ state: RegistryState) -> [RegisteredModel] {
        let decisions = Dictionary(grouping: state.log.decisions, by: \.modelDigest)
        let deployed = state.log.deployed?.modelDigest
        let models = state.entries.values.map { entry in
            RegisteredModel(
                digest: entry.digest, fileName: entry.fileName, byteCount: entry.byteCount,
                addedAt: entry.addedAt, isDeployed: entry.digest == deployed,
                decisions: decisions[entry.digest] ?? [])
        }
        // By the order of the record, since clocks can be wrong; who isn't in it was just added.
        func place(_ model: RegisteredModel) -> Int { model.decisions.first?.number ?? .max }
        return models.sorted {
            (place($0), $0.addedAt, $0.digest) > (place($1), $1.addedAt, $1.digest)
        }
    }

    func read(_ digest: String, _ state: RegistryState) throws -> VerifiedModel {
        guard let entry = state.entries[digest] else {
            throw missing(digest)
        }
        return try read(entry)
    }

    func missing(_ digest: String) -> RegistryError {
        .modelMissing(path: "\(store.location)/\(ModelEntry.folder)\(digest)")
    }

    func read(_ entry: ModelEntry) throws -> VerifiedModel {
        let url = try store.localFile(entry.contentKey)
        guard let data = try store.get(entry.contentKey) else {
            throw RegistryError.modelMissing(path: url.path)
        }
        let digest = SHA256.hexDigest(of: data)
        guard digest == entry.digest else {
            throw RegistryError.modelAltered(path: url.path, expected: entry.digest, got: digest)
        }
        return VerifiedModel(digest: digest, fileName: entry.fileName, data: data, url: url)
    }
}
