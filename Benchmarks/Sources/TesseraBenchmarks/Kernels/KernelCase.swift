/// One kernel at one of DigitCNN's shapes.
struct KernelCase {
    /// Layer, pass, samples, shape and kernel: `conv2 forward N2 32→64 14×14 k5 F(4×4): gemm`.
    let name: String
    /// Multiplications and additions of a call; 0 where they aren't what a kernel is about.
    var operations = 0.0
    /// Bytes that a call has to read and to write, each counted once.
    let bytes: Double
    /// Allocates and fills the operands.
    let prepare: () -> KernelRun
}

/// A case with its operands in memory.
struct KernelRun {
    /// Sets what the kernel writes to its first state; kernels that accumulate need it.
    var reset: () -> Void = {}
    let call: () -> Void
    /// OpenBLAS's ways to do the same, on the same operands; none where it has none.
    var openBLAS: [() -> Void] = []
    /// What the kernel wrote, array by array.
    let results: () -> [[Double]]
    /// What it should write; computed from the first state, so called before it.
    let expected: () -> [[Double]]
    /// The largest difference allowed, as a share of an array's largest value.
    var tolerance = 1e-5
}

extension KernelRun {
    /// Compares one call, and one of each of OpenBLAS's ways, with the reference.
    func check(_ name: String) throws {
        reset()
        let expected = expected()
        for (index, way) in ([call] + openBLAS).enumerated() {
            reset()
            way()
            let error = largestError(results(), expected)
            guard error <= tolerance else {
                throw WrongKernel(
                    name: index == 0 ? name : "\(name) by OpenBLAS", error: error,
                    tolerance: tolerance)
            }
        }
        reset()
    }

    /// NaN counts as infinite.
    private func largestError(_ results: [[Double]], _ expected: [[Double]]) -> Double {
        precondition(results.map(\.count) == expected.map(\.count))
        var worst = 0.0
        for (array, wanted) in zip(results, expected) {
            let largest = wanted.map(\.magnitude).max() ?? 0
            for (value, other) in zip(array, wanted) where value != other {
                let error = (value - other).magnitude / max(largest, .leastNormalMagnitude)
                worst = error.isNaN ? .infinity : max(worst, error)
            }
        }
        return worst
    }
}

/// A kernel's result is wrong, so its time means nothing.
struct WrongKernel: Error, CustomStringConvertible {
    let name: String
    let error: Double
    let tolerance: Double

    var description: String {
        "\(name): differs from the reference by \(error) of the largest value, "
            + "allowed are \(tolerance)"
    }
}
