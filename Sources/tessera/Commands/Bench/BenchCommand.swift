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
        subcommands: [Train.self, Infer.self, Accuracy.self, Plan.self])

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

    struct Accuracy: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measure the time from a cold start to a test accuracy.",
            discussion: """
                Trains on all 60,000 images and looks at the 10,000 test images every \
                --evaluate-every steps; reading, training and looking are part of the time. Ends at \
                the target or after the last epoch, with status 0 either way; the JSON's `reached` \
                tells. It shows speed; to choose a model use tessera run, which keeps the test \
                images apart.
                """)

        @OptionGroup var options: AccuracyOptions

        func run() throws {
            let result = try AccuracyBenchmark(options).measure()
            if options.output.json { return try printJSON(result, .record) }
            try StandardOutput.lines(result.lines, options.output.layout)
        }
    }

    struct Plan: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print how each convolution is computed, with the timings behind the choice.")

        @OptionGroup var options: ConfigOptions
        @OptionGroup var images: InputOption
        @OptionGroup var output: JSONOption

        func run() throws {
            let config = try options.effectiveConfig().config
            let report = try PlanReport(config.model.network, input: images.shape(config))
            if output.json { return try printJSON(report, .record) }
            try StandardOutput.lines(report.lines(output.layout), output.layout)
        }
    }
}
