import CKernels

/// Calls `body` at each level that this CPU has, the calling thread's kernels limited to it.
func atEachCPULevel(_ body: (Int32) -> Void) {
    let highest = tessera_cpu_level()
    defer { tessera_limit_cpu_level(-1) }
    for level in 0...highest {
        tessera_limit_cpu_level(level)
        body(level)
    }
}
