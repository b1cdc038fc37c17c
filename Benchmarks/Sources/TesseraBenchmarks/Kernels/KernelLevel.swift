import ArgumentParser
import CKernels
import Foundation

/// Which variant of each kernel runs.
enum KernelLevel: String, CaseIterable, Comparable, ExpressibleByArgument, Encodable {
    /// SSE2 on x86-64, NEON on arm64.
    case base
    case avx2
    case avx512

    /// The widest that this CPU has.
    static var widest: KernelLevel {
        allCases.last { $0.number <= tessera_cpu_level() } ?? .base
    }

    static func < (left: KernelLevel, right: KernelLevel) -> Bool { left.number < right.number }

    private var number: Int32 {
        switch self {
        case .base: Int32(TESSERA_CPU_BASE.rawValue)
        case .avx2: Int32(TESSERA_CPU_AVX2.rawValue)
        case .avx512: Int32(TESSERA_CPU_AVX512.rawValue)
        }
    }

    /// Limits the calling thread's kernels.
    func limitKernels() { tessera_limit_cpu_level(number) }

    /// The kernels that OpenBLAS would choose on a CPU of this level.
    var openBLASCore: String {
        switch self {
        case .base: "Prescott"
        case .avx2: "Haswell"
        case .avx512: "SkylakeX"
        }
    }

    static let openBLASVariable = "OPENBLAS_CORETYPE"

    /// Starts this program anew with OpenBLAS held to the same level, which it only takes from the
    /// environment and as it is loaded. A value that the user set stays.
    func limitOpenBLAS() throws {
        let variable = KernelLevel.openBLASVariable
        guard self != .widest, ProcessInfo.processInfo.environment[variable] == nil else { return }
        setenv(variable, openBLASCore, 1)
        execv("/proc/self/exe", CommandLine.unsafeArgv)
        throw CannotRestart(reason: String(cString: strerror(errno)))
    }
}

/// The program could not be started anew.
struct CannotRestart: Error, CustomStringConvertible {
    let reason: String

    var description: String {
        "can't start /proc/self/exe to limit OpenBLAS: \(reason). "
            + "Set \(KernelLevel.openBLASVariable) in the environment."
    }
}
