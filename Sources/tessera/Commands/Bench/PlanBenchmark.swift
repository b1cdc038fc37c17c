import ArgumentParser
import Foundation
import Measurement
import Training

/// `tessera bench plan`: which algorithm computes each convolution, and the timings behind it.
struct PlanReport: Encodable {
    let machine = Machine.current
    let batchNorm: Bool
    /// The fixed table's choice, in force with `--conv auto`.
    let table: ConvolutionPlan
    /// The fastest by these timings, in force with `--conv measure`.
    let measured: ConvolutionPlan
    let timings: [ConvolutionTiming]

    init(_ config: ModelConfig) {
        batchNorm = config.useBatchNorm
        timings = ConvolutionTiming.measure(config, seconds: 0.1)
        table = ConvolutionPlan.table(config, inputHeight: 28, inputWidth: 28)
        measured = ConvolutionPlan.fastest(timings)
    }

    var lines: [String] {
        let header =
            "layer  algorithm   forward  data gradient  weight gradient     total  chosen by"
        let rows = timings.map { timing in
            let chosen = [("auto", table), ("measure", measured)]
                .filter { $0.1.algorithm(of: timing.layer) == timing.algorithm }.map(\.0)
            return Self.pad(timing.layer, 7) + Self.pad(timing.algorithm.rawValue, 10)
                + Self.number(timing.forward, 9) + Self.number(timing.dataGradient, 15)
                + Self.number(timing.weightGradient, 17) + Self.number(timing.total, 10)
                + (chosen.isEmpty ? "" : "  " + chosen.joined(separator: ", "))
        }
        return ["Microseconds a sample on one thread: \(machine)", header] + rows + [
            "The transforms that both gradients need count for the weight gradient. Blocks are fused "
                + "for all convolutions or for none, so measure takes im2col for all or for none."
        ]
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func number(_ value: Double, _ width: Int) -> String {
        let text = String(format: "%.1f", value)
        return String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
