import Foundation
import Measurement
import Training

/// What a measurement found; its JSON has these names in snake_case.
struct BenchResult: Encodable {
    enum Subject: String, Codable { case train, infer }

    let subject: Subject
    let batch: Int
    let threads: Int
    let parameters: Int
    /// `mnist`, for images from --data-dir, or `random`.
    let data: String
    let imagesPerSecond: Speeds
    /// Of a training step, or of a call that scores a batch.
    let latencyMs: Latencies
    let stepsPerSample: Int
    /// From the process's start to the end of its first step.
    let secondsToFirstBatch: Double
    /// The most resident memory.
    let peakMemoryBytes: Int
    let convolutionPlan: ConvolutionPlan
    let machine: Machine
    let tesseraVersion: String
    let isDebugBuild: Bool
    /// Mean loss of the epoch under way, for training.
    let lastLoss: Double?
    let profile: [ProfileRow]?
    var comparison: BenchComparison?
}

/// One part of the network in a profile.
struct ProfileRow: Encodable, Equatable {
    let name: String
    /// Summed over threads.
    let secondsPerStep: Double
    /// Of the time of all threads, waiting included.
    let share: Double
    let callsPerStep: Double
    /// Rates of one thread; nil where nothing was counted.
    let gigaflopsPerSecond: Double?
    let gigabytesPerSecond: Double?
    /// The arithmetic intensity.
    let flopsPerByte: Double?

    /// The sections and, as the last row, what remains of the threads' time: waiting for one
    /// another, and work that no section covers.
    ///
    /// - Parameters:
    ///   - seconds: how long the steps took.
    static func rows(
        _ sections: [ProfileSection], steps: Int, seconds: Double, threads: Int
    ) -> [ProfileRow] {
        let whole = seconds * Double(threads)
        let rows = sections.map { ProfileRow($0, steps: Double(steps), whole: whole) }
        let told = sections.reduce(0) { $0 + $1.seconds }
        let rest = ProfileSection(
            name: "other", seconds: max(0, whole - told), calls: 0, flops: 0, bytes: 0)
        return rows + [ProfileRow(rest, steps: Double(steps), whole: whole)]
    }

    private init(_ section: ProfileSection, steps: Double, whole: Double) {
        func ratio(_ value: Double, to other: Double) -> Double? {
            value > 0 && other > 0 ? value / other : nil
        }
        name = section.name
        secondsPerStep = section.seconds / steps
        share = section.seconds / whole
        callsPerStep = Double(section.calls) / steps
        gigaflopsPerSecond = ratio(section.flops * 1e-9, to: section.seconds)
        gigabytesPerSecond = ratio(section.bytes * 1e-9, to: section.seconds)
        flopsPerByte = ratio(section.flops, to: section.bytes)
    }
}
