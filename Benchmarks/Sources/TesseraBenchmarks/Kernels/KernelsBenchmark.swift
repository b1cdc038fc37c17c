import ArgumentParser
import Foundation
import LinearAlgebra
import Measurement

/// Every kernel at every shape that DigitCNN gives it, on one thread.
struct KernelsBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels",
        abstract: "Measure each kernel at DigitCNN's shapes, small products beside OpenBLAS.",
        discussion: """
            Each case is compared with a plain reference before it is measured. Times are of one \
            thread with its operands in cache, as far as they fit; OpenBLAS's is the fastest of \
            its ways to do the same.

            --instructions counts what each call executes, under valgrind: a figure that doesn't \
            depend on how busy the machine is.
            """)

    @Option(help: "Only cases whose name contains this.")
    var filter: String?

    @Option(help: "The kernels' variant, and OpenBLAS's: base, avx2, avx512; this CPU's if absent.")
    var level: KernelLevel?

    @Option(help: "Seconds to measure each case.")
    var seconds: Double = 0.2

    @Flag(help: "Print one JSON object.")
    var json = false

    @Flag(help: "Count instructions a call instead, at levels base and avx2.")
    var instructions = false

    @Option(help: "With --instructions: compare with the counts in this file.")
    var against: String?

    @Option(help: "With --against: the growth that is allowed, as a share.")
    var tolerance = 0.02

    @Option(help: "With --instructions: write the counts to this file.")
    var record: String?

    /// What --instructions starts under valgrind.
    @Flag(help: .hidden)
    var underCallgrind = false

    func validate() throws {
        guard seconds > 0 && seconds <= 3600 else {
            throw ValidationError("--seconds \(seconds): give more than 0 and at most 3600.")
        }
        guard instructions || (against == nil && record == nil) else {
            throw ValidationError("--against and --record belong to --instructions.")
        }
        guard record == nil || (filter == nil && level == nil) else {
            throw ValidationError("--record writes all counts: leave out --filter and --level.")
        }
        guard tolerance >= 0 else {
            throw ValidationError("--tolerance \(tolerance): give 0 or more.")
        }
        if let level, level > .widest {
            throw ValidationError(
                "--level \(level.rawValue): this CPU has \(KernelLevel.widest.rawValue) at most.")
        }
    }

    func run() throws {
        let groups = KernelSuite.groups(matching: filter)
        guard !groups.isEmpty else {
            throw ValidationError("--filter \(filter ?? ""): no case's name contains this.")
        }
        if underCallgrind {
            try InstructionCounter.countHere(groups.flatMap(\.cases), level ?? .base)
        } else if instructions {
            try countInstructions()
        } else {
            try measure(groups)
        }
    }

    // MARK: - Times

    private struct Report: Encodable {
        let subject = "kernels"
        let level: KernelLevel
        let machine: Machine
        let cases: [KernelResult]
        let slowerThanOpenblas: [String]
    }

    private func measure(_ groups: [(title: String, cases: [KernelCase])]) throws {
        let level = level ?? .widest
        warnIfDebugBuild()
        try level.limitOpenBLAS()
        level.limitKernels()
        BLASRuntime.useSingleThread()
        let table = KernelTable(names: groups.flatMap(\.cases).map(\.name))
        if !json {
            print(
                "\(Machine.current.cpu), kernels \(level.rawValue), "
                    + "\(Machine.current.blas) (\(Machine.current.blasCore)), one thread")
        }
        var results: [KernelResult] = []
        for group in groups {
            if !json { print(table.heading(group.title)) }
            for kernel in group.cases {
                let result = try measure(kernel, in: group.title)
                results.append(result)
                if !json { print(table.row(result)) }
            }
        }
        if json {
            try printJSON(
                Report(
                    level: level, machine: .current, cases: results,
                    slowerThanOpenblas: results.filter(\.isSlowerThanOpenBLAS).map(\.name)))
        } else if let verdict = KernelTable.verdict(results) {
            print("\n" + verdict)
        }
    }

    private func measure(_ kernel: KernelCase, in group: String) throws -> KernelResult {
        let run = kernel.prepare()
        try run.check(kernel.name)
        let times = KernelTimer(seconds: seconds).measure([run.call] + run.openBLAS)
        return KernelResult(group: group, kernel, times: times)
    }

    /// Unoptimised code says nothing about a kernel's speed.
    private func warnIfDebugBuild() {
        #if DEBUG
            FileHandle.standardError.write(
                Data("tessera-benchmarks: a debug build; measure with -c release\n".utf8))
        #endif
    }

    // MARK: - Instructions

    private func countInstructions() throws {
        let counter = try InstructionCounter()
        var counts = InstructionCounts(
            valgrind: try counter.version(), compiler: try counter.compiler())
        for level in level.map({ [$0] }) ?? InstructionCounter.levels {
            counts.levels[level.rawValue] = try counter.count(level, filter: filter)
        }
        if json { try printJSON(counts) } else { counts.printTable() }
        if let record { try counts.write(to: record) }
        guard let against else { return }
        let stored = try InstructionCounts(file: against)
        let comparison = try counts.compared(
            with: stored, isPart: filter != nil || level != nil, tolerance: tolerance)
        FileHandle.standardError.write(Data((comparison.text + "\n").utf8))
        if !comparison.isGood { throw ExitCode.failure }
    }
}
