import Measurement

/// Times ways to do the same in turns, so that a slow minute of the machine hits all of them.
struct KernelTimer {
    /// How long to measure, all ways together.
    let seconds: Double

    /// Long against the clock's own time.
    private static let blockSeconds = 100e-6
    private static let leastRounds = 5

    /// Seconds a call: for each way one value a round.
    func measure(_ ways: [() -> Void]) -> [[Double]] {
        let calls = ways.map(callsPerBlock)
        var times = ways.map { _ in [Double]() }
        let start = ContinuousClock.now
        repeat {
            for (index, way) in ways.enumerated() {
                times[index].append(time(way, calls: calls[index]) / Double(calls[index]))
            }
        } while times[0].count < KernelTimer.leastRounds
            || (ContinuousClock.now - start).inSeconds < seconds
        return times
    }

    /// Enough calls for a block; this is the warm-up, too.
    private func callsPerBlock(_ way: () -> Void) -> Int {
        var calls = 1
        while true {
            let seconds = time(way, calls: calls)
            if seconds >= KernelTimer.blockSeconds { return calls }
            calls *= 2
        }
    }

    private func time(_ way: () -> Void, calls: Int) -> Double {
        let start = ContinuousClock.now
        for _ in 0..<calls { way() }
        return (ContinuousClock.now - start).inSeconds
    }
}
