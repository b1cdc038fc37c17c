import ArgumentParser
import Foundation
import Kernels
import Measurement
import Training

/// What both measurements are told, and what they do with their result.
struct BenchOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: .init("Images in a step or call.", valueName: "n"))
    var batch = 64

    @Option(
        parsing: .unconditional,
        help: .init(
            "Threads that compute; all cores this process may use if absent.", valueName: "n"))
    var threads: Int?

    @Option(
        parsing: .unconditional,
        help: .init("Seconds to measure, after a warm-up of up to two seconds.", valueName: "x"))
    var seconds = 10.0

    @Option(
        help: .init("A folder with MNIST's IDX files; random images if absent.", valueName: "path"),
        completion: .directory)
    var dataDir: String?

    @Option(help: "How convolutions are computed.")
    var conv = ConvolutionChoice.auto

    @Flag(help: "Then take the time of each layer for a while, and print a table of them.")
    var profile = false

    @Option(
        help: .init("Compare with an earlier result, printed with --json.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var against: String?

    @Flag(help: "End with status 1 if the comparison says slower (with --against).")
    var failIfSlower = false

    @OptionGroup var output: JSONOption

    static let discussion = """
        Steps are timed in blocks of half a second (a twentieth of --seconds, where that is shorter); \
        each block is a sample of images_per_second. latency_ms is of single steps or calls. \
        seconds_to_first_batch counts from when the system started the process (to 10 ms) to the end \
        of its first step or call. peak_memory_bytes is the most resident memory.

        --profile adds a table of the network's parts. Times are summed over threads; rates are one \
        thread's, by the textbook's count of operations and by the tensors' sizes.

        --against compares the samples of two runs with the same batch, threads and subject: the \
        ratio of the medians with a 95 % interval (bootstrap), and the p-value of a Mann–Whitney U \
        test. The verdict is faster or slower where p is below 0.01 and the medians differ by 1 % or \
        more, else "no change beyond noise". It tells the two runs apart, not what else the machine \
        did meanwhile: measure both in turn, more than once. At least 5 samples each are needed.

        Ends with 0 whatever the verdict; with --fail-if-slower, with 1 if it is slower. A file that \
        is no such result ends with 2, a wrong flag with 64.
        """

    func validate() throws {
        guard (1...65_536).contains(batch) else {
            throw ValidationError("--batch", batch, "a whole number from 1 to 65536")
        }
        guard threads.map((1...1024).contains) ?? true else {
            throw ValidationError("--threads", threads!, "a whole number from 1 to 1024")
        }
        guard seconds > 0 && seconds <= 86_400 else {
            throw ValidationError("--seconds", seconds, "a number greater than 0 and at most 86400")
        }
        guard against != nil || !failIfSlower else {
            throw ValidationError("--fail-if-slower goes with --against.")
        }
    }

    /// The reference recipe, so that no default of a recipe changes what is measured.
    var config: ModelConfig {
        var config = ModelConfig.reference
        config.network.convolution = conv
        return config
    }

    /// Measures, compares and prints.
    func run(
        _ subject: BenchResult.Subject, _ measure: (_ threads: Int) throws -> BenchResult
    ) throws {
        #if DEBUG
            Console.standardError().line("tessera: a debug build; measure with -c release")
        #endif
        // Read first: a wrong file shouldn't cost a measurement.
        let earlier = try against.map { try StoredResult(path: $0) }
        let threads = threads ?? WorkerPool.availableCoreCount
        try earlier?.check(subject: subject, batch: batch, threads: threads)
        var result = try measure(threads)
        result.comparison = try earlier?.comparison(with: result)
        if output.json {
            try printJSON(result, .record)
        } else {
            try StandardOutput.lines(result.lines(output.layout), output.layout)
        }
        if failIfSlower && result.comparison?.outcome.verdict == .slower { throw end(.failure) }
    }
}

extension ConvolutionChoice: ExpressibleByArgument {}
