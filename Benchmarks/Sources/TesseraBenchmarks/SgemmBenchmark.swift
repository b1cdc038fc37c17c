import ArgumentParser
import Foundation
import Kernels
import LinearAlgebra
import Measurement

/// The BLAS's own speed at a size where it is near the machine's limit: a yardstick for how much of
/// the machine a benchmark had.
///
/// The rows of C are split over the pool's threads, each calling a single-threaded BLAS, as the
/// engine does.
struct SgemmBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sgemm", abstract: "Measure single-precision matrix multiplication.")

    @Option(help: "Rows and columns of the three square matrices.")
    var size = 2048

    @OptionGroup var options: MeasurementOptions

    func validate() throws {
        guard (1...16_384).contains(size) else {
            throw ValidationError("--size \(size): give 1 to 16384.")
        }
    }

    private struct Report: Encodable {
        let subject = "sgemm"
        let gigaflopsPerSecond: Speeds
        let size: Int
        let threads: Int
        let machine: Machine
    }

    func run() throws {
        options.warnIfDebugBuild()
        let flops = 2 * pow(Double(size), 3)
        let speeds = Speeds(try measure().map { $0 * flops / 1e9 })
        if options.json {
            try printJSON(
                Report(
                    gigaflopsPerSecond: speeds, size: size, threads: options.threads,
                    machine: .current))
        } else {
            print(
                """
                sgemm \(size)³, \(options.threads) threads: median \(speeds.median) GFLOP/s, \
                best \(speeds.best), \(speeds.samples.count) samples
                """)
        }
    }

    /// Multiplications a second.
    private func measure() throws -> [Double] {
        let pool = WorkerPool(threadCount: options.threads)
        let (a, b, c) = (matrix(), matrix(), matrix())
        let sampler = StepSampler(
            .init(warmUpSteps: 2, warmUpSeconds: 0, blockSeconds: 0, seconds: options.seconds))
        sampler.begin()
        while !sampler.isDone {
            multiply(a, b, into: c, on: pool)
            sampler.stepFinished()
        }
        try check(a, b, c)
        return sampler.stepsPerSecond
    }

    private func multiply(_ a: Matrix, _ b: Matrix, into c: Matrix, on pool: WorkerPool) {
        pool.run(pool.threadCount) { part, _ in
            let first = size * part / pool.threadCount
            let last = size * (part + 1) / pool.threadCount
            gemm(a.rows(first..<last), b, into: c.rows(first..<last))
        }
    }

    /// Small whole numbers, so that every product and sum of them is exact in any order.
    private func matrix() -> Matrix {
        let values = FloatBuffer(count: size * size).all
        values.update(from: (0..<size * size).map { Float($0 % 7 - $0 % 5) })
        return Matrix(values, rows: size, columns: size)
    }

    /// The product is used: C's last element, on which the last part worked.
    private func check(_ a: Matrix, _ b: Matrix, _ c: Matrix) throws {
        let expected = (0..<size).reduce(Float(0)) { $0 + a[size - 1, $1] * b[$1, size - 1] }
        guard c[size - 1, size - 1] == expected else {
            throw WrongProduct(got: c[size - 1, size - 1], expected: expected)
        }
    }
}

/// A product that was timed is wrong, so its time means nothing.
struct WrongProduct: Error, CustomStringConvertible {
    let got: Float
    let expected: Float

    var description: String { "sgemm: C's last element is \(got), expected \(expected)" }
}

extension Matrix {
    /// Some of the rows, sharing the memory.
    fileprivate func rows(_ range: Range<Int>) -> Matrix {
        Matrix(
            elements.slice(range.lowerBound * leadingDimension, count: range.count * columns),
            rows: range.count, columns: columns)
    }
}
