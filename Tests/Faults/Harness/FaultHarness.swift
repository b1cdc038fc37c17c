import Dispatch
import Foundation
import Synchronization

/// Makes every call of some commands fail in turn, and looks at what is left.
public struct FaultHarness: Sendable {
    public struct Options: Sendable {
        public var program = ""
        public var library = ""
        /// Where homes are made, on a memory disk by preference: nothing here has to survive.
        public var scratch = ""
        public var jobs = 2
        /// So many cases of each scenario alone; nil for all.
        public var sampleCount: Int?
        public var seed: UInt64 = 1
        /// Only scenarios of these names.
        public var scenarios: [String] = []
        /// Only the case with this id.
        public var replay: String?
        public init() {}
    }

    let options: Options
    let say: @Sendable (String) -> Void

    public init(_ options: Options, say: @escaping @Sendable (String) -> Void) {
        self.options = options
        self.say = say
    }

    /// - Returns: the results of all cases that were tried.
    /// - Throws: `HarnessError` where a command doesn't work without faults.
    public func run() throws -> [CaseResult] {
        let program = Program(path: options.program, library: options.library)
        let root = URL(fileURLWithPath: options.scratch)
        let slots = try (0..<max(options.jobs, 1)).map {
            try WorkFolder(slot: root.appendingPathComponent("slot\($0)"))
        }
        let preparation = Preparation(
            program: program, folder: slots[0], templates: root.appendingPathComponent("homes"))
        var results: [CaseResult] = []
        for scenario in try preparation.scenarios() where isWanted(scenario.name) {
            let reference = try preparation.reference(of: scenario)
            let all = FaultCase.all(of: scenario.name, calls: reference.calls)
            let cases = chosen(all)
            say(
                "\(scenario.name): \(reference.calls.count) calls, \(cases.count) of \(all.count) cases"
            )
            let new = try tried(cases) { slot in
                CaseRunner(
                    program: program, folder: slots[slot], scenario: scenario,
                    reference: reference)
            }
            say("\(scenario.name): \(CaseReport(new).totals)")
            results += new
        }
        return results
    }

    private func isWanted(_ name: String) -> Bool {
        if let replay = options.replay { return replay.hasPrefix(name + ":") }
        return options.scenarios.isEmpty || options.scenarios.contains(name)
    }

    private func chosen(_ cases: [FaultCase]) -> [FaultCase] {
        if let replay = options.replay { return cases.filter { $0.id == replay } }
        guard let count = options.sampleCount else { return cases }
        return FaultCase.sample(cases, count: count, seed: options.seed)
    }

    /// Each job takes the next case that nobody has.
    private func tried(
        _ cases: [FaultCase], _ runner: (Int) -> CaseRunner
    ) throws -> [CaseResult] {
        struct Work {
            var next = 0
            var results: [(Int, CaseResult)] = []
            var failure: (any Error)?
        }
        let work = Mutex(Work())
        let runners = (0..<max(options.jobs, 1)).map(runner)
        DispatchQueue.concurrentPerform(iterations: runners.count) { job in
            while let index = work.withLock({ work -> Int? in
                guard work.failure == nil, work.next < cases.count else { return nil }
                work.next += 1
                return work.next - 1
            }) {
                do {
                    let result = try runners[job].run(cases[index])
                    work.withLock { $0.results.append((index, result)) }
                    announce(result)
                } catch {
                    work.withLock { $0.failure = error }
                }
            }
        }
        return try work.withLock { work in
            if let failure = work.failure { throw failure }
            return work.results.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func announce(_ result: CaseResult) {
        for violation in result.violations {
            say(CaseReport.line(result, violation))
        }
    }
}
