import Foundation
import Kernels

/// Where a network's time went: one part of its work, over all calls since the last look.
public struct ProfileSection: Sendable, Codable, Equatable {
    /// Such as `conv2 backward`.
    public var name: String
    /// Summed over workers.
    public var seconds: Double
    public var calls: Int
    /// Additions, multiplications and comparisons, from shapes: of the textbook's way of computing
    /// where the network runs layer by layer, of the algorithm's products where it is fused.
    public var flops: Double
    /// Of the tensors read and written, each counted once a call, from shapes.
    public var bytes: Double

    public init(name: String, seconds: Double, calls: Int, flops: Double, bytes: Double) {
        self.name = name
        self.seconds = seconds
        self.calls = calls
        self.flops = flops
        self.bytes = bytes
    }
}

/// What a section is called, and the work in it by shapes.
struct SectionCost: Sendable {
    var name: String
    var flopsPerSample = 0.0
    var bytesPerSample = 0.0
    /// Of what each call reads or writes whatever the number of samples, such as weights.
    var bytesPerCall = 0.0
}

/// Takes the time of sections of work on each worker. Sections are fixed at the start; taking a time
/// allocates nothing, and costs a branch while the clock is off.
///
/// Sendable since each worker writes to memory of its own, and the owner turns the clock on and off
/// and reads it between jobs only.
final class SectionClock: @unchecked Sendable {
    var isOn = false

    private let sections: [SectionCost]
    /// For each worker: the nanoseconds, calls and samples of each section.
    private let workers: [DoubleBuffer]

    init(_ sections: [SectionCost], workerCount: Int) {
        self.sections = sections
        workers = (0..<workerCount).map { _ in DoubleBuffer(count: 3 * sections.count) }
    }

    /// The time, to hand to `end`.
    @inline(__always) func begin() -> UInt64 { isOn ? SectionClock.nanoseconds : 0 }

    /// Adds what passed since `begin`.
    ///
    /// - Parameter samples: how many the section worked on; a fraction where several calls share
    ///   the work on each.
    @inline(__always)
    func end(_ section: Int, since start: UInt64, samples: Double, worker: Int) {
        if isOn { add(section, SectionClock.nanoseconds &- start, samples, worker) }
    }

    @inline(__always)
    func measure(_ section: Int, samples: Double, worker: Int, _ body: () -> Void) {
        let start = begin()
        body()
        end(section, since: start, samples: samples, worker: worker)
    }

    private func add(_ section: Int, _ nanoseconds: UInt64, _ samples: Double, _ worker: Int) {
        let sums = workers[worker]
        sums[3 * section] += Double(nanoseconds)
        sums[3 * section + 1] += 1
        sums[3 * section + 2] += samples
    }

    /// The sections that ran since the last call, in their order; starts anew.
    func take() -> [ProfileSection] {
        let profile = sections.indices.compactMap(profile)
        for worker in workers { worker.fill(0, from: 0, count: worker.count) }
        return profile
    }

    private func profile(_ section: Int) -> ProfileSection? {
        func sum(_ place: Int) -> Double { workers.reduce(0) { $0 + $1[3 * section + place] } }
        let (calls, samples, cost) = (sum(1), sum(2), sections[section])
        guard calls > 0 else { return nil }
        return ProfileSection(
            name: cost.name, seconds: sum(0) * 1e-9, calls: Int(calls),
            flops: samples * cost.flopsPerSample,
            bytes: samples * cost.bytesPerSample + calls * cost.bytesPerCall)
    }

    private static var nanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
