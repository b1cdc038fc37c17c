import DurableFiles
import Foundation
import Orchestration
import Registry
import Training

/// A model that a user named.
public struct NamedModel: Sendable {
    /// What deploys it.
    package let source: ModelSource
    /// The whole file, its digest checked where it is known.
    public let bytes: Data
    public let fileName: String
    /// For people: the file's path or the store's name for it.
    public let label: String
    /// What its own run measured; nil where it isn't named by a run.
    package let measurement: ModelMeasurement?

    public var digest: String { SHA256.hexDigest(of: bytes) }
}

/// What a user means by a model's name. Names mean the registry and the runs first; a path is told by a
/// slash or by the ending `.safetensors`; what could mean two models is an error.
///
/// | text | model |
/// |---|---|
/// | `deployed` | the one that is deployed |
/// | `latest` | the one trained last; where no run trained one, the registry's last |
/// | six or more digits of a digest, a file's name | the registry's |
/// | a run's id or the start of one | the run's |
/// | with a slash, or ending in `.safetensors` | a file |
public struct ModelReference {
    private let text: String
    private let home: URL
    private let registry: ModelRegistry
    private let openStore: () throws -> RunStore?

    /// - Parameter store: of the runs; asked for only where the name could mean a run's model.
    package init(_ text: String, home: URL, store: @escaping () throws -> RunStore?) {
        self.text = text
        self.home = home
        openStore = store
        registry = DeploymentStage.registry(home: home)
    }

    /// - Throws: `ModelReferenceError`, `RegistryError`, `StoreError`, `FileError`, `ModelFileError`.
    public func resolve() throws -> NamedModel {
        if text.contains("/") { return try file() }
        switch text {
        case "deployed": return try stored(registry.resolve(text).digest)
        case "latest": return try latest()
        default: return try named()
        }
    }

    // MARK: - Kinds

    private func file() throws -> NamedModel {
        let url = FilePath.url(text)
        return NamedModel(
            source: .file(url), bytes: try RegularFile.read(url),
            fileName: url.lastPathComponent, label: text, measurement: nil)
    }

    private func stored(_ digest: String) throws -> NamedModel {
        let model = try registry.model(digest)
        return NamedModel(
            source: .stored(digest), bytes: model.data, fileName: model.fileName,
            label: "\(model.fileName) (\(digest.prefix(12)))", measurement: nil)
    }

    private func latest() throws -> NamedModel {
        guard let store = try openStore(),
            let model = try store.materializations(of: .model).first
        else {
            return try stored(registry.resolve(text).digest)
        }
        return try RunModel(model, store, registry).named()
    }

    /// All that the text could mean.
    private func named() throws -> NamedModel {
        var found = [NamedModel]()
        var unknown: (any Error)?
        do {
            found.append(try stored(registry.resolve(text).digest))
        } catch RegistryError.unknownModel(let reference, let candidates) {
            unknown = RegistryError.unknownModel(reference: reference, candidates: candidates)
        }
        if let store = try openStore() {
            if let model = try evaluated(store) { found.append(model) }
            if let run = try run(store) {
                found.append(try RunModel(of: run, store, registry).named())
            }
        }
        let isFile = try FileFacts.find(FilePath.url(text)) != nil
        if isFile && text.lowercased().hasSuffix(".safetensors") { found.append(try file()) }
        guard let first = found.first else {
            if isFile { throw ModelReferenceError.fileWithoutSlash(text) }
            throw unknown!
        }
        guard Set(found.map(\.digest)).count == 1 else {
            throw ModelReferenceError.ambiguous(text, found.map(\.label))
        }
        return first
    }

    /// The model of a run that evaluated it, by the start of its digest.
    private func evaluated(_ store: RunStore) throws -> NamedModel? {
        guard text.utf8.count >= ModelRegistry.minimumPrefixLength,
            text.allSatisfy(\.isHexDigit)
        else { return nil }
        let evaluation = try store.materializations(of: .evaluation).first {
            $0[EvaluationFacts.modelDigest]?.hasPrefix(text.lowercased()) == true
        }
        guard let evaluation, let model = try store.inputs(of: evaluation)[.model] else {
            return nil
        }
        return try RunModel(model, evaluation, store, registry).named()
    }

    private func run(_ store: RunStore) throws -> StoredRun? {
        do { return try store.run(text) } catch StoreError.unknownRun { return nil }
    }
}

/// The model that a run has: as it was deployed or evaluated, read from the artifacts.
private struct RunModel {
    let run: String?
    let model: Materialization
    let evaluation: Materialization?
    let store: RunStore
    let registry: ModelRegistry

    /// - Throws: `ModelReferenceError.runWithoutModel`.
    init(of run: StoredRun, _ store: RunStore, _ registry: ModelRegistry) throws {
        let assets = try store.materializations(of: run.id)
        guard let model = assets.first(of: .model) else {
            throw ModelReferenceError.runWithoutModel(run.id)
        }
        self.run = run.id
        self.model = model
        evaluation = assets.first(of: .evaluation)
        (self.store, self.registry) = (store, registry)
    }

    init(_ model: Materialization, _ store: RunStore, _ registry: ModelRegistry) throws {
        self.model = model
        run = model.run
        evaluation = try store.materializations(of: .evaluation).first {
            try store.inputs(of: $0)[.model]?.artifact == model.artifact
        }
        (self.store, self.registry) = (store, registry)
    }

    init(
        _ model: Materialization, _ evaluation: Materialization, _ store: RunStore,
        _ registry: ModelRegistry
    ) {
        self.model = model
        self.evaluation = evaluation
        run = evaluation.run
        (self.store, self.registry) = (store, registry)
    }

    func named() throws -> NamedModel {
        let artifacts = ArtifactStore(home: store.home)
        let content = try ModelContent(artifact: artifacts.read(model.artifact))
        let run = run.map { "run \($0)" } ?? "a deleted run"
        guard let evaluation else {
            let file = try content.file.fileName(createdAt: model.at)
            return NamedModel(
                source: .content(try content.file.bytes(), fileName: file),
                bytes: try content.file.bytes(), fileName: file, label: "the model of \(run)",
                measurement: nil)
        }
        let measurement = try RecordedMeasurements(store: store).measurement(evaluation)
        if let known = try registered(evaluation) {
            return NamedModel(
                source: .stored(known.digest), bytes: known.data, fileName: known.fileName,
                label: label(known.fileName, known.digest, run), measurement: measurement)
        }
        let evaluated = try EvaluatedModel(
            content, Evaluation(artifact: artifacts.read(evaluation.artifact)),
            RunFolder(
                home: store.home, id: evaluation.run ?? model.version.short,
                startedAt: evaluation.at))
        let name = fileName(evaluation) ?? evaluated.fileName
        return NamedModel(
            source: .content(evaluated.bytes, fileName: name), bytes: evaluated.bytes,
            fileName: name, label: label(name, SHA256.hexDigest(of: evaluated.bytes), run),
            measurement: measurement)
    }

    private func label(_ fileName: String, _ digest: String, _ run: String) -> String {
        "\(fileName) (\(digest.prefix(12)), of \(run))"
    }

    /// The name that the run gave the file.
    private func fileName(_ evaluation: Materialization) -> String? {
        evaluation[EvaluationFacts.modelFile].map { URL(fileURLWithPath: $0).lastPathComponent }
    }

    /// The registry's own copy of the evaluated model.
    private func registered(_ evaluation: Materialization) throws -> VerifiedModel? {
        guard let digest = evaluation[EvaluationFacts.modelDigest] else { return nil }
        do { return try registry.model(digest) } catch let error as RegistryError {
            switch error {
            // Then the run's own artifacts give it again.
            case .unknownModel, .modelMissing, .modelAltered: return nil
            default: throw error
            }
        }
    }
}

/// Why a name means no model, or more than one.
public enum ModelReferenceError: Error, Equatable, CustomStringConvertible {
    case ambiguous(String, [String])
    case fileWithoutSlash(String)
    case runWithoutModel(String)

    public var description: String {
        switch self {
        case .ambiguous(let text, let meanings):
            "\(text) could mean \(meanings.joined(separator: " or ")); write ./\(text) for the file, "
                + "more digits of the digest, or the run's whole id"
        case .fileWithoutSlash(let text):
            "\(text): no model or run has this name; if the file is meant, write ./\(text)"
        case .runWithoutModel(let run):
            "run \(run) has no model; `tessera runs show \(run)` shows what it has"
        }
    }
}
