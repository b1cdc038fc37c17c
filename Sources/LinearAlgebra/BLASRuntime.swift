import COpenBLAS

/// OpenBLAS's own controls.
public enum BLASRuntime {
    /// Makes every BLAS call run on the thread that makes it.
    ///
    /// The engine's worker pool is the only thing that splits work; OpenBLAS's threads would fight
    /// with it for the cores, and their number would change the order of sums.
    public static func useSingleThread() { openblas_set_num_threads(1) }

    public static var threadCount: Int { Int(openblas_get_num_threads()) }

    /// The kernel family that OpenBLAS chose for this CPU, such as `Haswell` or `SkylakeX`.
    public static var coreName: String { String(cString: openblas_get_corename()) }

    /// Version and build options, such as `OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …`.
    public static var configuration: String {
        String(cString: openblas_get_config()).trimmingSuffixSpaces
    }
}

extension String {
    fileprivate var trimmingSuffixSpaces: String {
        var text = Substring(self)
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
