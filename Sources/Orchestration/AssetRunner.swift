import Foundation

/// What happens while assets are made, for whoever shows it.
package enum AssetProgress: Sendable {
    case started(String)
    case made(Materialization, seconds: Double)
    case reused(Materialization)
    /// What an earlier run made can't be taken: its artifact is missing or damaged.
    case spoiled(Materialization, ArtifactStore.State)
    /// Not made, since something that it is made from says so.
    case halted(String, reason: String)
    /// What was taken is another variant than this machine makes, or one that nobody recorded.
    case tookVariant(Materialization, note: String)
    case checked(CheckResult)
}

/// Makes the selected assets of a graph in one run, each only where no earlier run has made the same.
///
/// What an earlier run made is taken if its version is the one that is asked for, it was made from
/// the very artifacts that this run has of its inputs, and its own artifact still has its digest.
package final class AssetRunner {
    private let graph: AssetGraph
    private let assets: [String: AnyAsset]
    private let store: RunStore
    private let artifacts: ArtifactStore
    private let recorder: RunRecorder
    private let observer: (AssetProgress) -> Void
    private let shouldStop: () -> Bool
    private var versions: [String: AssetVersion] = [:]
    private var sources: [String: String] = [:]
    private var variants: [String: AssetVariant] = [:]
    private var taken: [String: Materialization] = [:]
    private var contents: [String: any AssetContent] = [:]
    private var halts: [String: String] = [:]

    /// - Parameter shouldStop: asked before each asset.
    /// - Throws: `AssetGraphError`.
    package init(
        _ assets: [AnyAsset], store: RunStore, recorder: RunRecorder,
        observer: @escaping (AssetProgress) -> Void = { _ in },
        shouldStop: @escaping () -> Bool = { false }
    ) throws {
        graph = try AssetGraph(assets.map(\.definition))
        self.assets = Dictionary(uniqueKeysWithValues: assets.map { ($0.definition.name, $0) })
        self.store = store
        artifacts = ArtifactStore(home: store.home)
        self.recorder = recorder
        self.observer = observer
        self.shouldStop = shouldStop
    }

    /// - Parameters:
    ///   - selection: what to make; what it is made from and isn't selected must have been made.
    ///   - forced: made again, whatever earlier runs have.
    /// - Returns: what the run has of each selected asset; none of those that are made from an asset
    ///   that halts.
    /// - Throws: `CancellationError` when stopped; `AssetError`, `StoreError`, `FileError`, and what the
    ///   assets' functions throw.
    package func run(
        _ selection: AssetSelection, forced: Set<String> = []
    ) throws -> [String: Materialization] {
        let selected = selection.assets(of: graph)
        let names = Set(selected.map(\.name))
        for definition in graph.assets where needs(definition.name, names) {
            let (name, asset) = (definition.name, assets[definition.name]!)
            if let reason = halts[name] {
                try recorder.record(.assetSkipped, asset: name, message: reason)
                observer(.halted(name, reason: reason))
                continue
            }
            if shouldStop() { throw CancellationError() }
            versions[name] = try version(of: asset)
            try take(asset, mayMake: names.contains(name), forced)
            guard let reason = taken[name]?.halt else { continue }
            for successor in graph.successors(of: name) { halts[successor] = reason }
        }
        return taken.filter { names.contains($0.key) }
    }

    /// Whether an asset is selected, or something selected is made from it.
    private func needs(_ name: String, _ selected: Set<String>) -> Bool {
        selected.contains(name) || !graph.descendants(of: name).isDisjoint(with: selected)
    }

    private func version(of asset: AnyAsset) throws -> AssetVersion {
        let name = asset.definition.name
        sources[name] = try asset.source?()
        variants[name] = try asset.variant?(contentsOfInputs(of: asset))
        return version(of: asset, variant: variants[name]?.name)
    }

    private func version(of asset: AnyAsset, variant: String?) -> AssetVersion {
        AssetVersion(
            of: asset.definition, config: asset.config, source: sources[asset.definition.name],
            variant: variant, inputs: versions)
    }

    private func take(_ asset: AnyAsset, mayMake: Bool, _ forced: Set<String>) throws {
        let name = asset.definition.name
        if !(mayMake && forced.contains(name)), let stored = try intact(asset) {
            taken[name] = stored
            // Another one than was asked for where another variant was taken.
            versions[name] = stored.version
            try recorder.reused(stored)
            observer(.reused(stored))
            return
        }
        guard mayMake else { throw AssetError.notMade(name) }
        taken[name] = try make(asset)
    }

    /// What an earlier run made, if it can be taken.
    private func intact(_ asset: AnyAsset) throws -> Materialization? {
        let name = asset.definition.name
        let exact = try store.materialization(of: name, version: versions[name]!)
        guard let stored = try exact ?? otherVersion(asset), try isMadeFromTheSame(stored, asset)
        else { return nil }
        guard try asset.stands?(stored.metadata) ?? true else {
            let message = "what it did outside has been changed since"
            try recorder.record(.note, asset: name, message: message)
            return nil
        }
        if let reason = stored.metadata[Metadata.provisional]?.text {
            try recorder.record(.note, asset: name, message: "made again: \(reason)")
            return nil
        }
        let state = try artifacts.state(of: stored.artifact, bytes: stored.bytes)
        guard state == .intact else {
            let message = "its artifact is \(state) and will be built again"
            try recorder.record(.note, asset: name, message: message)
            observer(.spoiled(stored, state))
            return nil
        }
        return stored
    }

    /// What is stored of the asset under another version and may be taken: of this variant, but made
    /// before variants were part of versions; of one that nobody recorded; of another, if that is
    /// accepted.
    ///
    /// - Throws: `AssetError.otherVariant` where another is stored and isn't accepted.
    private func otherVersion(_ asset: AnyAsset) throws -> Materialization? {
        let name = asset.definition.name
        guard let variant = variants[name] else { return nil }
        let stored = try store.otherVersions(
            of: asset.definition, config: asset.config, variant,
            version: { version(of: asset, variant: $0) }
        ).filter { try isMadeFromTheSame($0.materialization, asset) }
        if let same = stored.first(where: { $0.variant == variant.name }) {
            return same.materialization
        }
        let unknown = stored.first { $0.variant == nil }
        guard variant.others != .ignored, let other = unknown ?? stored.first else { return nil }
        guard let otherName = other.variant else {
            try note(other, "which kind of CPU it was built on wasn't recorded")
            return other.materialization
        }
        guard variant.others == .taken else {
            throw AssetError.otherVariant(
                name, stored: otherName, run: other.materialization.run, here: variant.name)
        }
        try note(
            other, "built on another kind of CPU (\(otherName)) than this one (\(variant.name))")
        return other.materialization
    }

    private func note(_ other: OtherVersion, _ note: String) throws {
        try recorder.record(.note, asset: other.materialization.asset, message: note)
        observer(.tookVariant(other.materialization, note: note))
    }

    private func isMadeFromTheSame(_ stored: Materialization, _ asset: AnyAsset) throws -> Bool {
        let inputs = try store.inputs(of: stored)
        return asset.definition.inputs.allSatisfy {
            inputs[$0] != nil && inputs[$0]?.artifact == taken[$0]?.artifact
        }
    }

    private func make(_ asset: AnyAsset) throws -> Materialization {
        let name = asset.definition.name
        let start = ContinuousClock.now
        try recorder.record(.assetStarted, asset: name)
        observer(.started(name))
        do {
            let made = try asset.make(contentsOfInputs(of: asset))
            try record(made.checks, name)
            let digest = try artifacts.add(made.bytes)
            var metadata = made.metadata
            metadata["source_digest"] = sources[name].map(MetadataValue.text)
            metadata[Metadata.variant] = (variants[name]?.name).map(MetadataValue.text)
            contents[name] = made.content
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let materialization = try recorder.materialized(
                asset.definition, version: versions[name]!, config: asset.config,
                inputs: try inputs(of: asset),
                artifact: digest, bytes: made.bytes.count, metadata: metadata,
                seconds: seconds)
            observer(.made(materialization, seconds: seconds))
            return materialization
        } catch {
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            // The store may be what failed; the first error is the one to tell.
            try? recorder.record(.assetFailed, asset: name, seconds: seconds, message: "\(error)")
            throw error
        }
    }

    /// What the record says that an asset was made from; of what went first, also what an earlier run
    /// made, where the asset knows it.
    private func inputs(of asset: AnyAsset) throws -> [String: Materialization] {
        let definition = asset.definition
        var inputs = taken.filter { (definition.inputs + definition.predecessors).contains($0.key) }
        for predecessor in definition.predecessors where inputs[predecessor] == nil {
            inputs[predecessor] = try asset.provenance?(predecessor)
        }
        return inputs
    }

    private func record(_ checks: [CheckResult], _ name: String) throws {
        for check in checks {
            try recorder.record(check)
            observer(.checked(check))
        }
        let failed = checks.filter { !$0.passed && $0.severity == .blocking }
        guard failed.isEmpty else { throw AssetError.checksFailed(name, failed) }
    }

    private func contentsOfInputs(of asset: AnyAsset) -> AssetInputs {
        AssetInputs(
            contents: { try self.content($0, of: asset) },
            materializations: taken.filter { asset.definition.inputs.contains($0.key) })
    }

    private func content(_ name: String, of asset: AnyAsset) throws -> any AssetContent {
        precondition(
            asset.definition.inputs.contains(name),
            "\(asset.definition.name) reads \(name), which is none of its inputs")
        if let content = contents[name] { return content }
        let content = try artifacts.read(taken[name]!.artifact, as: assets[name]!.read)
        contents[name] = content
        return content
    }
}

/// Why an asset can't be had.
package enum AssetError: Error, Equatable, CustomStringConvertible {
    case notMade(String)
    case checksFailed(String, [CheckResult])
    /// What is stored was made on another kind of machine, by a run if that is still there.
    case otherVariant(String, stored: String, run: String?, here: String)

    package var description: String {
        switch self {
        case .notMade(let name):
            "\(name) hasn't been built with this config and data; select it too, or +NAME with what it "
                + "is built from"
        case .checksFailed(let name, let checks):
            "\(name): "
                + checks.map { check in
                    guard check.evidence["problem"] == nil else { return check.line }
                    let evidence = check.evidence.sorted { $0.key < $1.key }
                        .map { "\($0.key) \($0.value.text)" }.joined(separator: ", ")
                    return "\(check.name) failed" + (evidence.isEmpty ? "" : " (\(evidence))")
                }.joined(separator: "; ")
        case .otherVariant(let name, let stored, let run, let here):
            "\(name): what is stored of this config and data was built on another kind of CPU (\(stored)"
                + (run.map { ", by run \($0)" } ?? "")
                + ") than this one (\(here)), which would make other bits. --accept-other-cpu "
                + "(accept_other_cpu) takes it; `tessera run --force "
                + "\(name)` builds it again here"
        }
    }
}

extension MetadataValue {
    /// As a person reads it.
    package var text: String {
        switch self {
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .text(let value): value
        case .flag(let value): value ? "yes" : "no"
        case .numbers([]), .texts([]): "none"
        case .numbers(let values):
            values.map { Int(exactly: $0).map(String.init) ?? "\($0)" }.joined(separator: " ")
        case .texts(let values): values.joined(separator: " ")
        }
    }
}
