import ArgumentParser

/// `tessera bench`: how fast Tessera is on this machine.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the speed of training and inference on this machine.",
        discussion: """
            The network is the reference recipe's, with random weights. Configuration files and \
            TESSERA_… variables aren't read, so that results of two machines can be compared. \
            Measure on a quiet machine, and look at the samples before you believe a median.
            """,
        subcommands: [Train.self, Infer.self])

    struct Train: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measure training steps: gather, normalise, forward, loss, backward, Adam.",
            discussion: BenchOptions.discussion)

        @OptionGroup var options: BenchOptions

        func run() throws {
            try options.run(.train) {
                try TrainingBenchmark(options: options, threads: $0).measure()
            }
        }
    }

    struct Infer: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measure scoring: bytes in, probabilities out, a batch a call.",
            discussion: BenchOptions.discussion)

        @OptionGroup var options: BenchOptions

        func run() throws {
            try options.run(.infer) {
                try InferenceBenchmark(options: options, threads: $0).measure()
            }
        }
    }
}
