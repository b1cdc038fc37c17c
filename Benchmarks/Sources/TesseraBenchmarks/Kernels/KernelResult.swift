import Measurement

/// What was measured of a case.
struct KernelResult: Encodable {
    let group: String
    let name: String
    let microseconds: Times
    /// Nil where operations aren't counted.
    let gigaflopsPerSecond: Double?
    let gigabytesPerSecond: Double
    /// By its fastest way.
    let openblasMicroseconds: Times?
    let openblasGigaflopsPerSecond: Double?
    /// The median of the rounds' ratios: how many times as fast as OpenBLAS.
    let ratio: Double?

    struct Times: Encodable {
        let median: Double
        let best: Double

        /// - Parameter seconds: a call.
        init(seconds: [Double]) {
            median = Measurement.median(seconds) * 1e6
            best = seconds.min()! * 1e6
        }
    }

    /// - Parameter times: seconds a call; the kernel's first, then those of OpenBLAS's ways.
    init(group: String, _ kernel: KernelCase, times: [[Double]]) {
        let own = times[0]
        self.group = group
        name = kernel.name
        microseconds = Times(seconds: own)
        gigabytesPerSecond = kernel.bytes / median(own) / 1e9
        let flops = kernel.operations > 0 ? kernel.operations / 1e9 : nil
        gigaflopsPerSecond = flops.map { $0 / median(own) }
        let other = times.dropFirst().min { median($0) < median($1) }
        openblasMicroseconds = other.map(Times.init)
        openblasGigaflopsPerSecond = other.flatMap { other in flops.map { $0 / median(other) } }
        ratio = other.map { median(zip($0, own).map { $0 / $1 }) }
    }

    var isSlowerThanOpenBLAS: Bool { ratio.map { $0 < 1 } ?? false }
}

/// The table, a line at a time.
struct KernelTable {
    private let nameWidth: Int

    init(names: [String]) { nameWidth = names.map(\.count).max() ?? 0 }

    func heading(_ group: String) -> String {
        let columns = ["µs", "best", "GFLOP/s", "GB/s", "OpenBLAS", "ratio"]
        return "\n" + line(group, columns)
    }

    func row(_ result: KernelResult) -> String {
        line(
            result.name,
            [
                KernelTable.text(result.microseconds.median, digits: 2),
                KernelTable.text(result.microseconds.best, digits: 2),
                KernelTable.text(result.gigaflopsPerSecond, digits: 1),
                KernelTable.text(result.gigabytesPerSecond, digits: 1),
                KernelTable.text(result.openblasGigaflopsPerSecond, digits: 1),
                KernelTable.text(result.ratio, digits: 2),
            ])
    }

    /// Whether the small products keep their promise.
    static func verdict(_ results: [KernelResult]) -> String? {
        let compared = results.filter { $0.ratio != nil }
        guard !compared.isEmpty else { return nil }
        let slower = compared.filter(\.isSlowerThanOpenBLAS)
        guard !slower.isEmpty else {
            return "Never slower than OpenBLAS on \(compared.count) shapes."
        }
        return "OpenBLAS wins on \(slower.count) of \(compared.count) shapes:\n"
            + slower.map { "  \($0.name): \(text($0.ratio, digits: 2))" }.joined(separator: "\n")
    }

    private func line(_ name: String, _ columns: [String]) -> String {
        name + String(repeating: " ", count: max(0, nameWidth - name.count))
            + columns.map { String(repeating: " ", count: max(1, 10 - $0.count)) + $0 }.joined()
    }

    private static func text(_ value: Double?, digits: Int) -> String {
        guard let value else { return "–" }
        var factor = 1.0
        for _ in 0..<digits { factor *= 10 }
        let scaled = Int((value * factor).rounded())
        let fraction = String(scaled % Int(factor))
        return "\(scaled / Int(factor))."
            + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
