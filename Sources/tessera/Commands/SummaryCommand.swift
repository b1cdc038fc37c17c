import ArgumentParser
import Kernels
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
    @Option(name: .customLong("input"), help: "Height, width and channels of an image.")
    var input: InputShape = InputShape(SampleShape(height: 28, width: 28, channels: 1))
    @Flag(help: "Say why each layer is computed as it is.")
    var explainPlan = false
    @OptionGroup var output: JSONOption

    func run() throws {
        let config = try options.effectiveConfig().config.model.network
        try config.validate(for: input.shape)
        let network = try config.description(input: input.shape)
        let summary = try NetworkSummary(
            network, plan: ConvolutionPlan.resolved(config.convolution, network))
        if output.json { return try printJSON(summary, .record) }
        try StandardOutput.lines(lines(summary, output.layout), output.layout)
    }

    private func lines(_ summary: NetworkSummary, _ layout: TextLayout) -> [String] {
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
                + "an image forward"
        ] + reasons
    }
}

/// A shape on the command line: `28x28x1`.
struct InputShape: ExpressibleByArgument, CustomStringConvertible {
    let shape: SampleShape

    init(_ shape: SampleShape) { self.shape = shape }

    init?(argument: String) {
        let sizes = argument.split(separator: "x", omittingEmptySubsequences: false).map {
            Int($0)
        }
        guard sizes.count == 3, sizes.allSatisfy({ (1...4096).contains($0 ?? 0) }) else {
            return nil
        }
        shape = SampleShape(height: sizes[0]!, width: sizes[1]!, channels: sizes[2]!)
    }

    var description: String { "\(shape.height)x\(shape.width)x\(shape.channels)" }
}
