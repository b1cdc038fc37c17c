import Kernels
import LinearAlgebra

/// A forward and backward pass over a batch: a graph's operations in order and back, as jobs for the pool
/// that are made once.
///
/// Operations run one after another over a chunk (or a group of chunks) while its values are in the
/// worker's cache. A barrier lies where one awaits sums over the whole batch. The operations behind the
/// last barrier, the loss and the way back to the first one are a single job. Every other job goes
/// through the chunks in reverse: what the one before wrote last is in a cache, what it wrote first may
/// not be.
final class GraphTrainingPass {
    /// In a struct, because taking a bare closure out of an array wraps it anew each time.
    private struct Job {
        let run: (_ task: Int, _ worker: Int) -> Void
        /// Tasks are groups of chunks, not chunks.
        let isByGroup: Bool
        /// Finished by the owner, before a job on the way back and after one on the way forward.
        let sums: [any BatchSums]
    }

    private let operations: [any TrainingOperation]
    private let input: Tensor
    private let output: Tensor
    private let capacity: Int
    private let pool: WorkerPool
    let clock: SectionClock
    private var forwardJobs: [Job] = []
    private var middleJob = Job(run: { _, _ in }, isByGroup: false, sums: [])
    private var backwardJobs: [Job] = []
    private var remainingSums: [any BatchSums] = []
    private var prepareJob: (Int, Int) -> Void = { _, _ in }
    private var gradientJob: (Int, Int) -> Void = { _, _ in }
    /// For each task of the first and the last job, its operation and its number there.
    private let prepareTasks: [(operation: Int, task: Int)]
    private let gradientTasks: [(operation: Int, task: Int)]

    // The pass under way; written by the owner between jobs, read by workers within them.
    private var plan = BatchPlan(sampleCount: 1)
    private var step: UInt64 = 0
    private var batch: (any TrainingBatch)?

    /// - Parameters:
    ///   - operations: in an order in which each reads what ones before it wrote.
    ///   - sampleCount: the most that a batch has.
    init(
        _ operations: [any TrainingOperation], input: Tensor, output: Tensor, sampleCount: Int,
        pool: WorkerPool
    ) {
        self.operations = operations
        self.input = input
        self.output = output
        self.pool = pool
        capacity = sampleCount
        prepareTasks = GraphTrainingPass.tasks(operations, \.preparationTaskCount)
        gradientTasks = GraphTrainingPass.tasks(operations, \.gradientTaskCount)
        clock = SectionClock(
            PassPart.costs(inputCount: input.shape.count, outputCount: output.shape.count)
                + operations.flatMap(\.sectionCosts), workerCount: pool.threadCount)
        let capacity = Capacity(
            sampleCount: sampleCount, workerCount: pool.threadCount, trains: true)
        var section = PassPart.allCases.count
        for operation in operations {
            operation.plan(capacity)
            operation.sections = SectionGroup(clock: clock, first: section)
            section += operation.sectionCosts.count
        }
        makeJobs()
    }

    private static func tasks(
        _ operations: [any TrainingOperation], _ count: (any TrainingOperation) -> Int
    ) -> [(operation: Int, task: Int)] {
        operations.enumerated().flatMap { index, operation in
            (0..<count(operation)).map { (index, $0) }
        }
    }

    // MARK: - Jobs

    /// Operations between two barriers, and what is finished at the barrier behind them.
    private struct Segment {
        var operations: [any TrainingOperation]
        var sums: [any BatchSums]
    }

    /// - Returns: the segments, the last one without a barrier behind it; and the sums that nobody awaited.
    private static func segments(
        _ operations: [any TrainingOperation],
        awaited: (any TrainingOperation) -> [any BatchSums],
        gathered: (any TrainingOperation) -> [any BatchSums]
    ) -> (segments: [Segment], remaining: [any BatchSums]) {
        var segments = [Segment(operations: [], sums: [])]
        var pending: [any BatchSums] = []
        for operation in operations {
            let isBarrier = awaited(operation).contains { sums in
                pending.contains { $0 === sums }
            }
            if isBarrier {
                segments[segments.count - 1].sums = pending
                pending = []
                segments.append(Segment(operations: [], sums: []))
            }
            segments[segments.count - 1].operations.append(operation)
            pending += gathered(operation)
        }
        return (segments, pending)
    }

    private func makeJobs() {
        let (forward, statistics) = GraphTrainingPass.segments(
            operations, awaited: \.awaitedStatistics, gathered: \.gatheredStatistics)
        let (backward, sums) = GraphTrainingPass.segments(
            operations.reversed(), awaited: \.awaitedSums, gathered: \.gatheredSums)
        precondition(statistics.isEmpty, "statistics of a batch that nobody reads")
        remainingSums = sums
        for (index, segment) in forward.dropLast().enumerated() {
            let runs = GraphTrainingPass.runs(segment.operations, \.forwardGrain)
            forwardJobs.append(
                job(index, byGroup: runs.contains(where: \.isByGroup), segment.sums) {
                    [unowned self] chunks, worker in
                    if index == 0 { load(chunks, worker) }
                    for run in runs { runForward(run, chunks, worker) }
                })
        }
        let (last, first) = (
            GraphTrainingPass.runs(forward.last!.operations, \.forwardGrain),
            GraphTrainingPass.runs(backward[0].operations, \.backwardGrain)
        )
        let loads = forward.count == 1
        middleJob = job(
            forward.count - 1, byGroup: (last + first).contains(where: \.isByGroup),
            backward[0].sums
        ) { [unowned self] chunks, worker in
            if loads { load(chunks, worker) }
            for run in last { runForward(run, chunks, worker) }
            loss(chunks, worker)
            for run in first { runBackward(run, chunks, worker) }
        }
        for (index, segment) in backward.dropFirst().enumerated() {
            let runs = GraphTrainingPass.runs(segment.operations, \.backwardGrain)
            backwardJobs.append(
                job(
                    forward.count + index, byGroup: runs.contains(where: \.isByGroup), segment.sums
                ) { [unowned self] chunks, worker in
                    for run in runs { runBackward(run, chunks, worker) }
                })
        }
        prepareJob = { [unowned self] task, worker in
            let start = clock.begin()
            let (operation, task) = prepareTasks[task]
            operations[operation].prepare(task)
            clock.end(PassPart.weights.rawValue, since: start, samples: 0, worker: worker)
        }
        gradientJob = { [unowned self] task, worker in
            let (operation, task) = gradientTasks[task]
            operations[operation].addGradients(task, plan, worker: worker)
        }
    }

    private func job(
        _ number: Int, byGroup: Bool, _ sums: [any BatchSums],
        _ body: @escaping (_ chunks: Range<Int>, _ worker: Int) -> Void
    ) -> Job {
        let isReversed = number % 2 == 1
        let run = { [unowned self] (task: Int, worker: Int) in
            if byGroup {
                let group = isReversed ? plan.groupCount - 1 - task : task
                body(plan.chunks(ofGroup: group), worker)
            } else {
                let chunk = isReversed ? plan.chunkCount - 1 - task : task
                body(chunk..<chunk + 1, worker)
            }
        }
        return Job(run: run, isByGroup: byGroup, sums: sums)
    }

    /// Neighbouring operations that are handed the same samples: chunk after chunk through all of them, or
    /// a group at once.
    private struct Run {
        var operations: [any TrainingOperation]
        /// By group at once.
        let isWhole: Bool
        var finishesGroups = false

        var isByGroup: Bool { isWhole || finishesGroups }
    }

    private static func runs(
        _ operations: [any TrainingOperation], _ grain: (any TrainingOperation) -> Grain
    ) -> [Run] {
        operations.reduce(into: []) { runs, operation in
            let isWhole = grain(operation) == .group
            if runs.last?.isWhole != isWhole { runs.append(Run(operations: [], isWhole: isWhole)) }
            runs[runs.count - 1].operations.append(operation)
            if grain(operation) == .chunksOfGroup { runs[runs.count - 1].finishesGroups = true }
        }
    }

    private func runForward(_ run: Run, _ chunks: Range<Int>, _ worker: Int) {
        if run.isWhole {
            let pass = pass(chunks, worker)
            for operation in run.operations { operation.forward(pass) }
            return
        }
        for chunk in chunks {
            let pass = pass(chunk..<chunk + 1, worker)
            for operation in run.operations { operation.forward(pass) }
        }
    }

    private func runBackward(_ run: Run, _ chunks: Range<Int>, _ worker: Int) {
        if run.isWhole {
            let pass = pass(chunks, worker)
            for operation in run.operations { operation.backward(pass, isFirstOfGroup: true) }
            return
        }
        for chunk in chunks {
            let pass = pass(chunk..<chunk + 1, worker)
            for operation in run.operations {
                operation.backward(pass, isFirstOfGroup: chunk == chunks.lowerBound)
            }
        }
        guard run.finishesGroups else { return }
        let group = chunks.lowerBound / plan.chunksPerGroup
        for operation in run.operations where operation.backwardGrain == .chunksOfGroup {
            operation.finishGroup(group, worker: worker)
        }
    }

    private func load(_ chunks: Range<Int>, _ worker: Int) {
        for index in chunks {
            let chunk = plan.chunk(index)
            clock.measure(
                PassPart.load.rawValue, samples: Double(chunk.count), worker: worker
            ) { batch!.load(chunk, into: input.values(chunk)) }
        }
    }

    private func loss(_ chunks: Range<Int>, _ worker: Int) {
        for index in chunks {
            let chunk = plan.chunk(index)
            clock.measure(
                PassPart.loss.rawValue, samples: Double(chunk.count), worker: worker
            ) {
                batch!.loss(
                    chunk, outputs: output.values(chunk), gradient: output.gradient(chunk))
            }
        }
    }

    /// The samples of some neighbouring chunks as one.
    private func pass(_ chunks: Range<Int>, _ worker: Int) -> Pass {
        let first = plan.chunk(chunks.lowerBound)
        let last = chunks.count == 1 ? first : plan.chunk(chunks.upperBound - 1)
        return Pass(
            mode: .training,
            chunk: Chunk(
                index: first.index, start: first.start,
                count: last.start + last.count - first.start), worker: worker, step: step,
            group: chunks.lowerBound / plan.chunksPerGroup)
    }

    // MARK: - A pass

    /// Adds to the parameters' gradients; allocates nothing.
    func run(_ plan: BatchPlan, step: UInt64, batch: any TrainingBatch) {
        precondition(
            plan.sampleCount <= capacity,
            "a batch of \(plan.sampleCount) where \(capacity) were planned")
        (self.plan, self.step, self.batch) = (plan, step, batch)
        for operation in operations { operation.beginStep() }
        if !prepareTasks.isEmpty { pool.runKept(prepareJob, chunkCount: prepareTasks.count) }
        for job in forwardJobs {
            start(job)
            for sums in job.sums { sums.finishStatistics(plan) }
        }
        start(middleJob)
        finishGradientSums(middleJob.sums)
        for job in backwardJobs {
            start(job)
            finishGradientSums(job.sums)
        }
        finishGradientSums(remainingSums)
        pool.runKept(gradientJob, chunkCount: gradientTasks.count)
        self.batch = nil
    }

    private func start(_ job: Job) {
        pool.runKept(job.run, chunkCount: job.isByGroup ? plan.groupCount : plan.chunkCount)
    }

    private func finishGradientSums(_ sums: [any BatchSums]) {
        for sums in sums { sums.finishGradientSums(plan) }
    }
}

/// The parts of a training pass that are no operation's.
enum PassPart: Int, CaseIterable {
    case weights, load, loss

    static func costs(inputCount: Int, outputCount: Int) -> [SectionCost] {
        let (inputs, outputs) = (Double(inputCount), Double(outputCount))
        return [
            SectionCost(name: "weights prepared"),
            // A byte becomes a float by a table.
            SectionCost(name: "load batch", bytesPerSample: 5 * inputs),
            SectionCost(
                name: "loss", flopsPerSample: 5 * outputs, bytesPerSample: 8 * outputs),
        ]
    }
}
