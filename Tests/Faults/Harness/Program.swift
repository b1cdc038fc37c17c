import Foundation

/// How a run of the program ended.
public struct Ending: Sendable {
    public var status: Int32
    /// The signal that ended it.
    public var signal: Int32?
    public var isTimeout = false
    public var output: String
    public var errors: String

    var text: String { output + errors }

    /// For people: the status or signal, and the last lines that were said.
    var summary: String {
        let how = isTimeout ? "no end" : signal.map { "signal \($0)" } ?? "status \(status)"
        let said = errors.split(separator: "\n").suffix(2).joined(separator: " | ")
        return said.isEmpty ? how : "\(how): \(said.prefix(400))"
    }
}

/// The program under test, and how it is started in a work folder.
public struct Program: Sendable {
    public let path: String
    /// The preload library that makes calls fail.
    public let library: String
    public var timeoutSeconds = 30.0

    public init(path: String, library: String) {
        self.path = path
        self.library = library
    }

    /// Runs the program without faults.
    func run(_ arguments: [String], in folder: WorkFolder) throws -> Ending {
        try start(arguments, in: folder, environment: [:])
    }

    /// Runs it with its calls counted, and one of them made to fail.
    ///
    /// - Returns: how it ended, and its calls up to there.
    func run(
        _ arguments: [String], in folder: WorkFolder, fault: (number: Int, kind: FaultKind)?
    ) throws -> (Ending, log: String) {
        try? FileManager.default.removeItem(at: folder.log)
        var environment = [
            "LD_PRELOAD": library, "FAULTS_ROOT": folder.url.path, "FAULTS_LOG": folder.log.path,
        ]
        if let fault {
            environment["FAULTS_AT"] = "\(fault.number)"
            environment["FAULTS_KIND"] = fault.kind.rawValue
        }
        let ending = try start(arguments, in: folder, environment: environment)
        let log = (try? Data(contentsOf: folder.log)) ?? Data()
        return (ending, String(decoding: log, as: UTF8.self))
    }

    private func start(
        _ arguments: [String], in folder: WorkFolder, environment: [String: String]
    ) throws -> Ending {
        let child = try ChildProcess(
            path, arguments, environment: folder.environment.merging(environment) { $1 },
            in: folder.url, output: folder.file("stdout"), errors: folder.file("stderr"))
        let end = child.wait(seconds: timeoutSeconds)
        return Ending(
            status: end.status, signal: end.signal, isTimeout: end.isTimeout,
            output: folder.text("stdout"), errors: folder.text("stderr"))
    }
}

/// A folder in which the program is run: `data`, `.tessera` and what else a scenario needs. Logs and
/// output lie beside it, where nothing is made to fail.
public struct WorkFolder: Sendable {
    private let slot: URL
    public var url: URL { slot.appendingPathComponent("work") }
    var log: URL { slot.appendingPathComponent("calls.log") }

    /// - Parameter slot: made if it is missing.
    public init(slot: URL) throws {
        self.slot = slot.resolvingSymlinksInPath()
        for name in ["tmp", "cache"] {
            try FileManager.default.createDirectory(
                at: slot.appendingPathComponent(name), withIntermediateDirectories: true)
        }
    }

    var environment: [String: String] {
        [
            "PATH": "/usr/bin:/bin", "USER": "tester", "HOME": slot.path, "TZ": "UTC",
            "TMPDIR": slot.appendingPathComponent("tmp").path,
            // One thread computes, so that calls come in one order, and OpenBLAS starts no other.
            "OPENBLAS_NUM_THREADS": "1",
            "TESSERA_CACHE": slot.appendingPathComponent("cache").path,
        ]
    }

    /// Makes it a copy of `template`.
    func fill(from template: URL) throws {
        try empty()
        try FileManager.default.copyItem(at: template, to: url)
    }

    func empty() throws {
        if FileManager.default.fileExists(atPath: url.path) {
            try FileManager.default.removeItem(at: url)
        }
    }

    /// A file beside the work folder.
    func file(_ name: String) -> URL { slot.appendingPathComponent(name) }

    func text(_ name: String) -> String {
        let data = (try? Data(contentsOf: file(name))) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }
}
