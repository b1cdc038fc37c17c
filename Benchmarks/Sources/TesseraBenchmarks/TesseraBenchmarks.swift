import ArgumentParser
import Foundation
import Kernels

@main
struct TesseraBenchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tessera-benchmarks",
        abstract: "Measure this machine and Tessera's kernels.",
        discussion: "`tessera bench` measures training and inference.",
        subcommands: [
            SgemmBenchmark.self, KernelsBenchmark.self, TrackingBenchmark.self,
            NetworkBenchmark.self, NetworkAccuracyBenchmark.self,
        ])
}

/// What every benchmark is told.
struct MeasurementOptions: ParsableArguments {
    @Option(help: "Threads that compute; all cores this process may use if absent.")
    var threads: Int = WorkerPool.availableCoreCount

    @Option(help: "Seconds to measure, after the warm-up.")
    var seconds: Double = 20

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (1...1024).contains(threads) else {
            throw ValidationError("--threads \(threads): give 1 to 1024.")
        }
        guard seconds > 0 && seconds <= 86_400 else {
            throw ValidationError("--seconds \(seconds): give more than 0 and at most 86400.")
        }
    }

    /// Unoptimised code says nothing about Tessera's speed.
    func warnIfDebugBuild() {
        #if DEBUG
            FileHandle.standardError.write(
                Data("tessera-benchmarks: a debug build; measure with -c release\n".utf8))
        #endif
    }
}

/// Prints a result as one line of JSON with snake_case keys.
func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}
