import CKernels

/// The widest instructions that the kernels use on this CPU; which variant of each loop runs.
public enum CPULevel: String, Codable, Sendable {
    /// SSE2 on x86-64, NEON on arm64.
    case base
    /// AVX2 and FMA.
    case avx2
    /// AVX-512 F, BW, DQ and VL.
    case avx512

    /// The level in force on the calling thread.
    public static var current: CPULevel {
        switch tessera_cpu_level() {
        case Int32(TESSERA_CPU_AVX512.rawValue): .avx512
        case Int32(TESSERA_CPU_AVX2.rawValue): .avx2
        default: .base
        }
    }
}
