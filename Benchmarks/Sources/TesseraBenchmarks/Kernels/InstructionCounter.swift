import CMeasuredRegion
import Foundation

/// Counts the instructions of kernels' calls under valgrind's Callgrind.
///
/// One process runs all cases, each for a few calls inside `tessera_measured_region`; Callgrind
/// counts in that function only and writes a file whenever it returns. Valgrind simulates a CPU with
/// AVX2 and without AVX-512, whatever it runs on, so counts don't depend on the machine.
///
/// Source: valgrind's manual (3.19), Callgrind: toggle-collect, dump-after.
struct InstructionCounter {
    static let levels = [KernelLevel.base, .avx2]
    private static let region = "tessera_measured_region"
    /// Each call executes the same; a few show in the count if one doesn't.
    private static let calls = 3

    private let valgrind: URL
    private let strip: URL

    init() throws {
        valgrind = try InstructionCounter.find("valgrind")
        strip = try InstructionCounter.find("strip")
    }

    private static func find(_ command: String) throws -> URL {
        let folders = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let found = folders.split(separator: ":").map { "\($0)/\(command)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let found else { throw InstructionError.missing(command) }
        return URL(fileURLWithPath: found)
    }

    /// Such as `valgrind-3.19.0`.
    func version() throws -> String { try run(valgrind, ["--version"])[0] }

    /// Such as `Swift version 6.3.1 (swift-6.3.1-RELEASE)`: what most likely built this program.
    func compiler() throws -> String {
        try run(InstructionCounter.find("swiftc"), ["--version"])[0]
    }

    /// Instructions a call by case.
    func count(_ level: KernelLevel, filter: String?) throws -> [String: Int] {
        guard InstructionCounter.levels.contains(level) else {
            throw InstructionError.unknownLevel(level)
        }
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("tessera-callgrind-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = try strippedCopy(in: folder)
        let dump = folder.appendingPathComponent("out").path
        let names = try run(
            valgrind,
            [
                "--quiet", "--tool=callgrind", "--callgrind-out-file=\(dump)",
                "--toggle-collect=\(InstructionCounter.region)",
                "--dump-after=\(InstructionCounter.region)", program, "kernels",
                "--under-callgrind", "--level", level.rawValue,
            ] + (filter.map { ["--filter", $0] } ?? []), openBLASCore: level.openBLASCore)
        var counts: [String: Int] = [:]
        for (index, name) in names.enumerated() {
            let total = try InstructionCounter.total("\(dump).\(index + 1)", name)
            counts[name] = total / InstructionCounter.calls
        }
        return counts
    }

    /// This program without its debugging information, which valgrind 3.19 can't read.
    private func strippedCopy(in folder: URL) throws -> String {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        let copy = folder.appendingPathComponent("tessera-benchmarks").path
        _ = try run(strip, ["--strip-debug", "-o", copy, program])
        return copy
    }

    /// The other side: runs the cases, and prints their names in order.
    static func countHere(_ cases: [KernelCase], _ level: KernelLevel) throws {
        level.limitKernels()
        for kernel in cases {
            let run = kernel.prepare()
            run.reset()
            // The first call settles what is settled once: lazily bound symbols, metadata.
            run.call()
            run.reset()
            callInRegion(run.call)
            print(kernel.name)
        }
    }

    private final class Body {
        let call: () -> Void
        init(_ call: @escaping () -> Void) { self.call = call }
    }

    private static func callInRegion(_ call: @escaping () -> Void) {
        let body = Body(call)
        withExtendedLifetime(body) {
            tessera_measured_region(
                { Unmanaged<Body>.fromOpaque($0!).takeUnretainedValue().call() },
                Unmanaged.passUnretained(body).toOpaque(), calls)
        }
    }

    /// The sum of a profile's costs, from its line `totals: 1234`.
    private static func total(_ path: String, _ name: String) throws -> Int {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw InstructionError.noProfile(name)
        }
        let line = text.split(separator: "\n").last { $0.hasPrefix("totals:") }
        guard let line, let total = Int(line.dropFirst("totals:".count).filter(\.isNumber)) else {
            throw InstructionError.noProfile(name)
        }
        return total
    }

    /// Runs a program; returns the lines that it printed.
    private func run(
        _ program: URL, _ arguments: [String], openBLASCore: String? = nil
    ) throws -> [String] {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        environment["OPENBLAS_NUM_THREADS"] = "1"
        environment[KernelLevel.openBLASVariable] = openBLASCore
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw InstructionError.failed(
                program.lastPathComponent, status: process.terminationStatus)
        }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

enum InstructionError: Error, CustomStringConvertible {
    case missing(String)
    case unknownLevel(KernelLevel)
    case failed(String, status: Int32)
    case noProfile(String)
    case otherArchitecture(stored: String, here: String)

    var description: String {
        switch self {
        case .missing(let command):
            "\(command) is not on the PATH; install it (such as apt-get install valgrind binutils)"
        case .unknownLevel(let level):
            "--level \(level.rawValue): valgrind's CPU has no such instructions; give base or avx2"
        case .failed(let program, let status):
            "\(program) ended with status \(status); see its messages above"
        case .noProfile(let name):
            "\(name): valgrind wrote no profile with its total"
        case .otherArchitecture(let stored, let here):
            "the stored counts are of \(stored), this is \(here); record others with --record"
        }
    }
}
