import ArgumentParser
import DigitPipeline
import Kernels
import SafeText
import Training

/// `tessera summary`: the network that a configuration trains, layer by layer.
struct SummaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary",
        abstract: "Show the network that a configuration trains, layer by layer.",
        discussion: """
            For each layer its output, parameters, operations (multiplications and additions of an \
            image's forward pass, by the textbook) and the algorithm that computes it; "fused" layers \
            are computed along with the one that they follow. With --explain-plan also why.
            """)

    @OptionGroup var options: ConfigOptions
    @OptionGroup var images: InputOption
    @Flag(help: "Say why each layer is computed as it is.")
    var explainPlan = false
    @OptionGroup var output: JSONOption

    func run() throws {
        let config = try options.effectiveConfig().config
        let shape = try images.shape(config)
        let network = try config.model.network.description(input: shape)
        let plan = try ConvolutionPlan.resolved(config.model.network.convolution, network)
        let answer = SummaryAnswer(
            summary: try NetworkSummary(network, plan: plan),
            memory: try network.memoryPlan(
                batchSize: config.model.batchSize,
                threadCount: config.threads == 0 ? WorkerPool.availableCoreCount : config.threads,
                optimizer: config.model.makeOptimizer(),
                averagesWeights: config.model.optimizer.emaDecay != nil, plan: plan))
        if output.json { return try printJSON(answer, .record) }
        try StandardOutput.lines(
            lines(answer.summary, output.layout, memory: answer.memory), output.layout)
    }

    private func lines(
        _ summary: NetworkSummary, _ layout: TextLayout, memory: MemoryPlan
    ) -> [String] {
        var table = TextTable(
            .text("layer"), .text("type"), .number("output"), .number("parameters"),
            .number("MFLOP", rank: 1), .text("algorithm"))
        for row in summary.rows {
            table.add(
                row.layer, row.type, row.outputShape.map(String.init).joined(separator: "×"),
                row.parameters == 0 ? "" : "\(row.parameters)",
                Format.fixed(row.flops / 1e6, 2), row.algorithm)
        }
        let reasons =
            explainPlan
            ? [""]
                + summary.rows.filter { $0.algorithm != "fused" }.map {
                    "\($0.layer): \($0.reason)"
                }
            : []
        return table.lines(layout) + [
            "\(summary.parameterCount) parameters, \(Format.fixed(summary.flops / 1e6, 1)) MFLOP "
                + "an image forward", text(memory),
        ] + reasons
    }

    private func text(_ memory: MemoryPlan) -> String {
        "\(Format.bytes(memory.total)) to train batches of \(memory.batchSize) on "
            + Count.of(memory.threadCount, "thread")
            + ": \(Format.bytes(memory.step)) a step, \(Format.bytes(memory.parameters)) of "
            + "parameters, \(Format.bytes(memory.gradients + memory.optimizer)) of gradients and "
            + "optimizer, \(Format.bytes(memory.evaluation)) for evaluation"
    }
}

/// The layers, and the memory of training them.
private struct SummaryAnswer: Encodable {
    let summary: NetworkSummary
    let memory: MemoryPlan

    private enum CodingKeys: CodingKey { case memory }

    func encode(to encoder: any Encoder) throws {
        try summary.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(memory, forKey: .memory)
    }
}

/// `--input`, where a command looks at a network without its data.
struct InputOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Height, width and channels of an image, such as 28x28x1 (default: those of --dataset).",
            valueName: "shape"))
    var input: InputShape?

    /// The shape that is asked for, or the data set's, which the network was found to take.
    ///
    /// - Throws: `ValidationError` where nothing tells it; `ConfigError`, naming the layer into which
    ///   images of that shape don't fit.
    func shape(_ config: RunConfig) throws -> SampleShape {
        guard let shape = input?.shape ?? config.data.imageShape else {
            throw ValidationError(
                "--input is missing: only the files of \(config.data.dataset) tell how large their "
                    + "images are; give height, width and channels, such as --input 28x28x1.")
        }
        try config.model.network.graph(input: shape)
        return shape
    }
}

/// A shape on the command line: `28x28x1`.
struct InputShape: ExpressibleByArgument {
    let shape: SampleShape

    init?(argument: String) {
        let sizes = argument.split(separator: "x", omittingEmptySubsequences: false).map {
            Int($0)
        }
        guard sizes.count == 3, sizes.allSatisfy({ (1...4096).contains($0 ?? 0) }) else {
            return nil
        }
        shape = SampleShape(height: sizes[0]!, width: sizes[1]!, channels: sizes[2]!)
    }
}
