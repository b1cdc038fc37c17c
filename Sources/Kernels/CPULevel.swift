import CKernels

/// The widest instructions that the kernels use on this CPU; which variant of each loop runs.
public enum CPULevel: String, Codable, Sendable {
    /// SSE2 on x86-64, NEON on arm64.
    case base
    /// AVX2 and FMA.
    case avx2
    /// AVX-512 F, BW, DQ and VL.
    case avx512

    /// The variable that lowers the level, to compute as a CPU of that level does.
    public static let variable = "TESSERA_CPU_LEVEL"

    /// The level in force on the calling thread.
    public static var current: CPULevel { CPULevel(tessera_cpu_level()) }

    /// The levels that this CPU has, the lowest first.
    public static var available: [CPULevel] {
        (0...tessera_detected_cpu_level()).map(CPULevel.init)
    }

    private init(_ number: Int32) {
        self =
            switch number {
            case Int32(TESSERA_CPU_AVX512.rawValue): .avx512
            case Int32(TESSERA_CPU_AVX2.rawValue): .avx2
            default: .base
            }
    }
}
