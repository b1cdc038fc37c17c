import Foundation
import TestSupport

/// What a finished run of the program left behind.
struct ProgramResult {
    let status: Int32
    let output: String
    let errors: String
}

/// Runs the `tessera` that was built with the tests, as a user would.
///
/// - Parameter environment: added to `PATH` and to OpenBLAS's variables, with which the test runner
///   computes as well; nothing else is inherited, so that a `TESSERA_…` variable of the person testing
///   changes nothing.
/// - Parameter output: a file that takes standard output, such as a device; what it takes isn't read.
func runTessera(
    _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil,
    output: String? = nil
) throws -> ProgramResult {
    try runProgram(programURL, arguments, environment: environment, in: folder, output: output)
}

/// Runs any program as `runTessera` does.
func runProgram(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:],
    in folder: URL? = nil, output: String? = nil
) throws -> ProgramResult {
    try withTemporaryFolder { scratch in
        let outputFile = scratch.appendingPathComponent("stdout")
        let errorFile = scratch.appendingPathComponent("stderr")
        // Files rather than pipes: a pipe that nobody reads stops the program when it is full.
        for file in [outputFile, errorFile] { try Data().write(to: file) }
        let process = tesseraProcess(arguments, environment, in: folder ?? scratch)
        process.executableURL = program
        process.standardOutput = try FileHandle(
            forWritingTo: output.map { URL(fileURLWithPath: $0) } ?? outputFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
        process.waitUntilExit()
        return try ProgramResult(
            status: process.terminationStatus,
            output: String(contentsOf: outputFile, encoding: .utf8),
            errors: String(contentsOf: errorFile, encoding: .utf8))
    }
}

/// Starts the program and doesn't wait; its output goes nowhere.
func startTessera(
    _ arguments: [String], environment: [String: String] = [:], in folder: URL
) throws -> Process {
    let process = tesseraProcess(arguments, environment, in: folder)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
}

private func tesseraProcess(
    _ arguments: [String], _ environment: [String: String], in folder: URL
) -> Process {
    let process = Process()
    process.executableURL = programURL
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment
        .filter { $0.key == "PATH" || $0.key.hasPrefix("OPENBLAS_") }
        .merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    return process
}

/// The test runner and the program are built into the same folder.
var programURL: URL {
    URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("tessera")
}
