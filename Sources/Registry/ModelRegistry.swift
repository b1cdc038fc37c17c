import DurableFiles
import Foundation

/// Keeps models and proof of what was deployed and why.
///
/// Layout of a store: `models/DIGEST/FILENAME` (content), `models/DIGEST.json` (entry),
/// `audit.jsonl` (the record of decisions), `deployed.json` (the pointer that follows from it).
/// What is deployed is what the record's last `deployed` line says; the pointer is checked against
/// it whenever the store is read.
public struct ModelRegistry: Sendable {
    public let store: any ModelStore
    /// Who decides, for the record.
    public let actor: String?
    /// What opening had to mend.
    public let notices: [RegistryNotice]

    let now: @Sendable () -> Date

    /// Opens a registry and mends what a crash left. A record that was *changed* is not mended:
    /// `verifyAudit` describes it, everything else throws.
    public init(
        store: any ModelStore, actor: String? = ModelRegistry.currentUser,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws {
        self.store = store
        self.actor = actor
        self.now = now
        let needsRepair = try store.sharing { try RegistryState(reading: store).needsRepair }
        notices =
            needsRepair
            ? try store.exclusively { try RegistryState(reading: store).repair(store) } : []
    }

    /// Opens the registry in a folder, such as `.tessera/registry`, which is made when something
    /// is first deployed.
    public init(folder: URL, actor: String? = ModelRegistry.currentUser) throws {
        try self.init(store: LocalModelStore(folder: folder), actor: actor)
    }

    /// The name of the user as the environment has it.
    public static var currentUser: String? {
        let environment = ProcessInfo.processInfo.environment
        return ["USER", "LOGNAME"].compactMap { environment[$0] }.first { !$0.isEmpty }
    }

    // MARK: - Reading

    /// Every model, the latest added first.
    public func list() throws -> [RegisteredModel] {
        try store.sharing { models(try soundState()) }
    }

    /// Every decision, oldest first.
    public func history() throws -> [Decision] {
        try store.sharing { try soundState().log.decisions }
    }

    /// The decision by which the current model was deployed, or nil when none is.
    public func deployedDecision() throws -> Decision? {
        try store.sharing { try soundState().log.deployed }
    }

    /// The deployed model, read and checked against its digest.
    ///
    /// - Throws: `RegistryError.nothingDeployed`, `.modelMissing` or `.modelAltered`.
    public func deployed() throws -> VerifiedModel {
        try store.sharing {
            let state = try soundState()
            guard let decision = state.log.deployed else {
                throw RegistryError.nothingDeployed(location: store.location)
            }
            guard let entry = state.entries[decision.modelDigest] else {
                throw RegistryError.modelMissing(
                    path: "\(store.location)/\(ModelEntry.folder)\(decision.modelDigest)")
            }
            return try read(entry)
        }
    }

    /// The model that `reference` names, read and checked against its digest.
    public func model(_ reference: String) throws -> VerifiedModel {
        try store.sharing {
            let state = try soundState()
            let digest = try resolve(reference, among: models(state)).digest
            return try read(state.entries[digest]!)
        }
    }

    /// Checks the record, the pointer and every stored model; empty when all is as it was written.
    public func verifyAudit() throws -> [AuditProblem] {
        try store.sharing {
            let state = try RegistryState(reading: store)
            var problems = state.problems
            for entry in state.entries.values.sorted(by: { $0.digest < $1.digest }) {
                do { _ = try read(entry) } catch let error as RegistryError {
                    problems.append(AuditProblem(line: nil, what: error.description))
                }
            }
            if let deployed = state.log.deployed, state.entries[deployed.modelDigest] == nil {
                problems.append(
                    AuditProblem(
                        line: deployed.number,
                        what: "the deployed model \(deployed.modelDigest) is not in the store"))
            }
            return problems
        }
    }

    // MARK: - Helpers, under a lock

    func soundState() throws -> RegistryState {
        let state = try RegistryState(reading: store)
        try state.requireSound(store)
        return state
    }

    func models(_ state: RegistryState) -> [RegisteredModel] {
        let decisions = Dictionary(grouping: state.log.decisions, by: \.modelDigest)
        let deployed = state.log.deployed?.modelDigest
        return state.entries.values.map { entry in
            RegisteredModel(
                digest: entry.digest, fileName: entry.fileName, byteCount: entry.byteCount,
                addedAt: entry.addedAt, isDeployed: entry.digest == deployed,
                decisions: decisions[entry.digest] ?? [])
        }.sorted { ($0.addedAt, $0.digest) > ($1.addedAt, $1.digest) }
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
