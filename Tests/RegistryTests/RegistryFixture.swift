import DurableFiles
import Foundation
import Glibc

@testable import Registry

/// A folder with a registry and files to deploy; removed when the fixture goes.
final class RegistryFixture {
    let folder: URL
    var registryFolder: URL { folder.appendingPathComponent("registry") }

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("tessera-registry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func open() -> ModelRegistry {
        ModelRegistry(folder: registryFolder, actor: "tester")
    }

    /// Makes a file beside the registry and returns it as a source.
    func file(_ content: String, name: String = "digitcnn_a.safetensors") throws -> ModelSource {
        .file(try makeModelFile(content, name, in: folder))
    }

    func path(_ name: String) -> URL { registryFolder.appendingPathComponent(name) }

    func text(_ name: String) throws -> String {
        try String(contentsOf: path(name), encoding: .utf8)
    }

    /// Every file of the registry by its path, hidden ones included.
    func files() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: registryFolder.path)
            .filter { !path($0).hasDirectoryPath }.sorted()
    }
}

func makeModelFile(_ content: String, _ name: String, in folder: URL) throws -> URL {
    let url = folder.appendingPathComponent("in-\(digest(content).prefix(8))/\(name)")
    try AtomicFile.write(Data(content.utf8), to: url)
    return url
}

func digest(_ content: String) -> String { SHA256.hexDigest(of: Data(content.utf8)) }

/// What stands for loading and predicting here: the content must not say that it is bad.
func verifyContent(_ url: URL) throws {
    guard try !String(contentsOf: url, encoding: .utf8).contains("bad") else {
        throw BadModel()
    }
}

struct BadModel: Error, CustomStringConvertible {
    var description: String { "conv1.weight: cut off" }
}

let good: GateMetrics = ["accuracy": 0.99, "macro_f1": 0.98, "log_loss": 0.05]

/// Metrics as a run of the store measured them on one and the same data.
func measured(
    _ metrics: GateMetrics?, on data: String = "mnist, test"
) -> ModelMeasurement? {
    metrics.map {
        ModelMeasurement(
            metrics: $0, data: data, dataDigest: digest(data), run: "20261128T101500-1")
    }
}

extension ModelRegistry {
    /// Deploys with the default gate, the candidate having these figures and the deployed model those
    /// that are on record.
    @discardableResult
    func deploy(
        _ source: ModelSource, _ metrics: GateMetrics? = good,
        strategy: DeploymentStrategy = .automatic, gate: DeploymentGate? = nil,
        verify: (URL) throws -> Void = verifyContent
    ) throws -> Decision {
        try deployed(source, metrics, strategy: strategy, gate: gate, verify: verify).decision
    }

    /// The same with what was mended.
    func deployed(
        _ source: ModelSource, _ metrics: GateMetrics? = good,
        strategy: DeploymentStrategy = .automatic, gate: DeploymentGate? = nil,
        verify: (URL) throws -> Void = verifyContent
    ) throws -> Deployment {
        try deploy(
            source, strategy: strategy, gate: gate ?? DeploymentGate(),
            judge: { _, _ in Judgement(candidate: measured(metrics)) }, verify: verify)
    }
}

/// The description of what `body` throws, or nil.
func message(_ body: () throws -> Void) -> String? {
    do { try body() } catch { return "\(error)" }
    return nil
}

/// A store that hands on to a folder what a test doesn't make fail.
protocol ForwardingStore: ModelStore {
    var base: LocalModelStore { get }
}

extension ForwardingStore {
    var location: String { base.location }
    func exists(_ key: String) throws -> Bool { try base.exists(key) }
    func get(_ key: String) throws -> Data? { try base.get(key) }
    func list(prefix: String) throws -> [String: Int] { try base.list(prefix: prefix) }
    func localFile(_ key: String) throws -> URL { try base.localFile(key) }
    func exclusively<R>(_ body: () throws -> R) throws -> R { try base.exclusively(body) }
    func put(_ data: Data, at key: String, condition: PutCondition) throws {
        try base.put(data, at: key, condition: condition)
    }
    func append(_ data: Data, to key: String, expectedByteCount: Int) throws {
        try base.append(data, to: key, expectedByteCount: expectedByteCount)
    }
    func delete(_ key: String) throws { try base.delete(key) }
}
