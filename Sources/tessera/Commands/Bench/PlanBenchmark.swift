import ArgumentParser
import Foundation
import Kernels
import Measurement
import Training

/// `tessera bench plan`: which algorithm computes each convolution, and the timings behind it.
struct PlanReport: Encodable {
    let machine = Machine.current
    let batchNorm: Bool
    /// `[height, width, channels]`
    let inputShape: [Int]
    /// The fixed table's choice, in force with `--conv auto`.
    let table: ConvolutionPlan
    /// The fastest by these timings, in force with `--conv measure`.
    let measured: ConvolutionPlan
    let timings: [ConvolutionTiming]

    init(_ config: NetworkConfig, input: SampleShape) throws {
        batchNorm = config.useBatchNorm
        inputShape = [input.height, input.width, input.channels]
        let network = try config.description(input: input)
        timings = try ConvolutionTiming.measure(network, seconds: 0.1)
        table = try ConvolutionPlan.resolved(.auto, network)
        measured = ConvolutionPlan.fastest(timings)
    }

    func lines(_ layout: TextLayout) -> [String] {
        ["Microseconds a sample on one thread: \(machine)"] + timingTable.lines(layout) + [
            "Of a training step, each convolution with the norm, ReLU and pool that belong to it. "
                + "Blocks are fused for all convolutions or for none: measure takes im2col for all "
                + "or for none."
        ]
    }

    private var timingTable: TextTable {
        var table = TextTable(
            .text("layer"), .text("algorithm"), .number("forward", rank: 1),
            .number("backward", rank: 2), .number("total"), .text("chosen by"))
        for timing in timings {
            let chosen = [("auto", self.table), ("measure", measured)]
                .filter { $0.1.algorithm(of: timing.layer) == timing.algorithm }.map(\.0)
            table.add(
                timing.layer, timing.algorithm.rawValue, Format.fixed(timing.forward, 1),
                Format.fixed(timing.backward, 1), Format.fixed(timing.total, 1),
                chosen.joined(separator: ", "))
        }
        return table
    }
}
