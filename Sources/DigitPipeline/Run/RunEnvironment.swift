import Foundation
import Measurement

/// What a run's results may depend on besides its config: program, machine, and the user's own code.
enum RunEnvironment {
    // What others read of it.
    static let cpuLevel = "cpu_level"
    static let blasCore = "blas_core"

    static func current(threads: Int) -> [String: String] {
        let machine = Machine.current
        var facts = [
            "tessera": TesseraVersion.current, "cpu": machine.cpu, "cores": "\(machine.cores)",
            cpuLevel: machine.cpuLevel.rawValue, "blas": machine.blas,
            blasCore: machine.blasCore,
            "threads": "\(threads == 0 ? machine.cores : threads)",
            "system": ProcessInfo.processInfo.operatingSystemVersionString,
        ]
        facts["tessera_commit"] = TesseraVersion.commit
        facts["git_commit"] = GitCommit.find(
            from: URL(fileURLWithPath: FileManager.default.currentDirectoryPath))
        return facts
    }
}

/// The commit that is checked out in the folder of a repository, read from its files.
enum GitCommit {
    /// - Returns: 40 hexadecimal digits; nil outside a repository, or where its form is unknown.
    static func find(from folder: URL) -> String? {
        var folder = folder.standardizedFileURL
        while true {
            if let git = gitFolder(folder.appendingPathComponent(".git")) { return commit(git) }
            let parent = folder.deletingLastPathComponent().standardizedFileURL
            guard parent.path != folder.path else { return nil }
            folder = parent
        }
    }

    /// A work tree that was added has a file there that names the folder.
    private static func gitFolder(_ url: URL) -> URL? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            return nil
        }
        guard !isFolder.boolValue else { return url }
        guard let line = text(url), line.hasPrefix("gitdir: ") else { return nil }
        return URL(
            fileURLWithPath: String(line.dropFirst(8)),
            relativeTo: url.deletingLastPathComponent())
    }

    private static func commit(_ git: URL) -> String? {
        guard let head = text(git.appendingPathComponent("HEAD")) else { return nil }
        guard head.hasPrefix("ref: ") else { return digest(head) }
        let name = String(head.dropFirst(5))
        // The branches of an added work tree lie in the folder of the first one.
        let common = text(git.appendingPathComponent("commondir")).map {
            URL(fileURLWithPath: $0, relativeTo: git)
        }
        return [git, common].compactMap { $0 }.lazy.compactMap { folder in
            text(folder.appendingPathComponent(name)).flatMap(digest) ?? packed(name, folder)
        }.first
    }

    private static func packed(_ name: String, _ git: URL) -> String? {
        text(git.appendingPathComponent("packed-refs"))?.split(separator: "\n")
            .first { $0.hasSuffix(" \(name)") }.flatMap { digest(String($0.prefix(40))) }
    }

    private static func digest(_ text: String) -> String? {
        text.count >= 40 && text.allSatisfy(\.isHexDigit) ? text : nil
    }

    private static func text(_ url: URL) -> String? {
        (try? String(contentsOf: url, encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
