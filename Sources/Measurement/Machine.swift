import Foundation
import Kernels
import LinearAlgebra

/// What a measurement depends on besides the code.
public struct Machine: Codable, Sendable, Equatable {
    /// The CPU's own name, such as `AMD EPYC 7B13`; the architecture where it tells none.
    public let cpu: String
    /// Cores that this process may use.
    public let cores: Int
    /// Name and version, such as `OpenBLAS 0.3.21`.
    public let blas: String
    /// The kernels that the BLAS chose for this CPU, such as `Haswell`.
    public let blasCore: String
    /// The instructions that Tessera's own kernels use.
    public let cpuLevel: CPULevel

    public static var current: Machine {
        Machine(
            cpu: cpuName ?? architecture, cores: WorkerPool.availableCoreCount,
            blas: BLASRuntime.configuration.split(separator: " ").prefix(2).joined(separator: " "),
            blasCore: BLASRuntime.coreName, cpuLevel: .current)
    }

    /// From /proc/cpuinfo, which has no such line on arm64.
    private static var cpuName: String? {
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else {
            return nil
        }
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":", maxSplits: 1).last?
            .trimmingCharacters(in: .whitespaces)
    }

    private static var architecture: String {
        #if arch(x86_64)
            "x86-64"
        #elseif arch(arm64)
            "arm64"
        #else
            "unknown"
        #endif
    }
}

extension Machine: CustomStringConvertible {
    public var description: String {
        "\(cpu), \(cores) core\(cores == 1 ? "" : "s"), \(blas) (\(blasCore)), \(cpuLevel.rawValue)"
    }
}
