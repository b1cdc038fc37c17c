import Datasets
import Kernels

/// The variables of the program that are no configuration keys.
public enum TesseraVariable {
    /// Names the configuration file.
    public static let config = "TESSERA_CONFIG"
    /// The folder of downloads.
    public static let cache = DatasetCache.variable
    /// Lowers the level of the kernels.
    public static let cpuLevel = CPULevel.variable

    // What the commands after a run are told, so that they can call tessera themselves.
    public static let run = "TESSERA_RUN"
    public static let status = "TESSERA_STATUS"
    public static let error = "TESSERA_ERROR"

    // What builds, tests and benchmarks are told; the program passes them over.
    public static let optimizedKernels = "TESSERA_OPTIMIZED_KERNELS"
    public static let peersPython = "TESSERA_PEERS_PYTHON"
    public static let trackingPython = "TESSERA_TRACKING_PYTHON"

    public static let all: Set = [
        config, cache, cpuLevel, run, status, error, optimizedKernels, peersPython, trackingPython,
    ]
}
