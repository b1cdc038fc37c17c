import Foundation

/// What lies in a work folder at one moment.
struct FolderState: Equatable {
    /// By path below the folder.
    let files: [String: Data]
    /// Folders, empty ones included.
    let folders: Set<String>

    init(_ root: URL) throws {
        var files: [String: Data] = [:]
        var folders: Set<String> = []
        let manager = FileManager.default
        let paths =
            manager.fileExists(atPath: root.path)
            ? try manager.subpathsOfDirectory(atPath: root.path) : []
        for path in paths {
            let url = root.appendingPathComponent(path)
            var isFolder: ObjCBool = false
            guard manager.fileExists(atPath: url.path, isDirectory: &isFolder) else { continue }
            if isFolder.boolValue {
                folders.insert(path)
            } else {
                files[path] = try Data(contentsOf: url)
            }
        }
        self.files = files
        self.folders = folders
    }

    /// Its part below a folder or of a file.
    func part(_ prefix: String) -> [String: Data] {
        files.filter { $0.key == prefix || $0.key.hasPrefix(prefix + "/") }
    }

    /// Without SQLite's files, whose bytes change when they are opened while their rows stay, and without
    /// empty lock files.
    var withoutScratch: [String: Data] {
        files.filter { path, data in
            !path.contains("runs.sqlite") && !(data.isEmpty && path.hasSuffix("lock"))
        }
    }

    /// Names of the form of temporary files, `.NAME.PROCESS.NUMBER.tmp`, and all other `.tmp`.
    var temporaryFiles: [String] { files.keys.filter { $0.hasSuffix(".tmp") }.sorted() }

    /// Runs that have a folder.
    var runFolders: Set<String> {
        Set(
            (Array(files.keys) + folders).compactMap { path in
                let names = path.split(separator: "/")
                guard names.count >= 3, names[0] == ".tessera", names[1] == "runs" else {
                    return nil
                }
                return String(names[2])
            })
    }

    var record: Data { files[".tessera/registry/audit.jsonl"] ?? Data() }
    var registry: [String: Data] { part(".tessera/registry") }

    /// The content of the registry's file of a model.
    func model(_ digest: String) -> Data? {
        part(".tessera/registry/models/\(digest)").first?.value
    }

    func artifact(_ digest: String) -> Data? {
        files[".tessera/artifacts/\(digest.prefix(2))/\(digest.dropFirst(2))"]
    }

    /// The first paths in which two states differ.
    static func differences(_ one: [String: Data], _ other: [String: Data]) -> String {
        Set(one.keys).union(other.keys).filter { one[$0] != other[$0] }.sorted().prefix(4)
            .joined(separator: ", ")
    }
}

/// A run in `runs list --json`.
struct ListedRun: Equatable {
    let id: String
    let status: String
    /// Artifacts' digests by asset.
    let artifacts: [String: String]

    /// - Returns: nil if the text isn't such a list.
    static func parse(_ text: String) -> [ListedRun]? {
        guard let list = JSON.list("runs", in: text) else { return nil }
        return list.compactMap { entry in
            guard let run = entry["run"] as? [String: Any], let id = run["id"] as? String,
                let status = run["status"] as? String
            else { return nil }
            let assets = (entry["assets"] as? [[String: Any]] ?? []).compactMap { asset in
                asset["materialization"] as? [String: Any]
            }
            let artifacts = assets.compactMap { asset -> (String, String)? in
                guard let name = asset["asset"] as? String,
                    let digest = asset["artifact"] as? String
                else { return nil }
                return (name, digest)
            }
            return ListedRun(
                id: id, status: status,
                artifacts: Dictionary(artifacts, uniquingKeysWith: { first, _ in first }))
        }
    }
}

enum JSON {
    static func parse(_ text: String) -> Any? {
        try? JSONSerialization.jsonObject(with: Data(text.utf8))
    }

    /// The objects of a list in an answer.
    static func list(_ name: String, in text: String) -> [[String: Any]]? {
        (parse(text) as? [String: Any])?[name] as? [[String: Any]]
    }

    /// The digest of the model that `models list --json` says is deployed.
    static func deployed(_ text: String) -> String? {
        list("models", in: text)?.first { $0["is_deployed"] as? Bool == true }?["sha256"]
            as? String
    }

    /// The artifact of the model that `run --json` or `train --json` says it made or took.
    static func model(_ text: String) -> String? {
        let record = parse(text) as? [String: Any]
        let assets = record?["assets"] as? [String: Any]
        return (assets?["model"] as? [String: Any])?["artifact"] as? String
    }

    static func run(_ text: String) -> String? {
        (parse(text) as? [String: Any])?["run"] as? String
    }
}
