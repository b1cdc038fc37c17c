import Kernels
import LinearAlgebra

/// A forward and backward pass of a fused network, as jobs for the pool that are made once.
///
///     transformed weights ┃ load, conv1 ┃ conv2 ┃ conv3 ┃ pool, fully connected layers, loss, and back
///     ┃ conv3 back ┃ conv2 back ┃ conv1 back ┃ sums of the chunks' gradients
///
/// Each ┃ is a barrier, where batch norm's sums over the batch are finished. Every other job
/// goes through the chunks in reverse: what the one before wrote last is in a cache, what it wrote
/// first may not be.
final class FusedTrainingPass: TrainingRun {
    /// In a struct, because taking a bare closure out of an array wraps it anew each time.
    private struct Job {
        let run: (_ chunk: Int, _ worker: Int) -> Void
    }

    private let network: FusedNetwork
    private let sections: SectionClock
    private let pool: WorkerPool
    private let inputs: FloatSlice
    private let inputCount: Int
    private let head: TrainingMemory
    private let capacity: Int
    private var prepareJob = Job { _, _ in }
    private var stemJob = Job { _, _ in }
    private var forwardJobs: [Job] = []
    private var headJob = Job { _, _ in }
    private var backwardJobs: [Job] = []
    private var stemBackJob = Job { _, _ in }
    private var gradientJob = Job { _, _ in }
    /// Tasks of the first and last job, by block.
    private let prepareTasks: [Int]
    private let gradientTasks: [Int]

    // The pass under way; written by the owner between jobs, read by workers within them.
    private var plan = BatchPlan(sampleCount: 1)
    private var step: UInt64 = 0
    private var batch: (any TrainingBatch)?

    init(_ network: FusedNetwork, inputShape: SampleShape, sampleCount: Int, pool: WorkerPool) {
        self.network = network
        self.pool = pool
        capacity = sampleCount
        inputCount = inputShape.count
        sections = SectionClock(
            FusedSections.costs(network, inputCount: inputShape.count),
            workerCount: pool.threadCount)
        for (index, block) in network.blocks.enumerated() {
            block.sections = FusedSections.group(ofBlock: index, sections)
        }
        inputs = FloatBuffer(count: sampleCount * inputShape.count).all
        head = TrainingMemory(network.head, sampleCount: sampleCount, inputGradient: true)
        prepareTasks =
            network.blocks.map(\.weightTaskCount) + network.linears.map(\.preparationTaskCount)
        gradientTasks =
            [network.stem.gradientTaskCount] + network.blocks.map(\.gradientTaskCount)
            + [head.gradientTasks.count]
        prepareJob = Job { [unowned self] task, worker in
            measure(.weights, 0, worker) { prepare(task) }
        }
        let count = network.blocks.count
        stemJob = Job { [unowned self] in runStem(pass($0, $1, job: 0)) }
        forwardJobs = network.blocks.enumerated().map { index, block in
            Job { [unowned self] in block.forward(pass($0, $1, job: index + 1)) }
        }
        headJob = Job { [unowned self] in runHead($0, $1, job: count + 1) }
        backwardJobs = network.blocks.enumerated().map { index, block in
            Job { [unowned self] in runBack(block, $0, $1, job: 2 * count + 1 - index) }
        }
        stemBackJob = Job { [unowned self] in
            runStemBack(pass($0, $1, job: 2 * count + 2))
        }
        gradientJob = Job { [unowned self] task, worker in
            // All tasks together work on the whole batch.
            let start = sections.begin()
            addGradients(task)
            sections.end(
                PassPart.sums.rawValue, since: start,
                samples: Double(plan.sampleCount) / Double(total(gradientTasks)), worker: worker)
        }
    }

    var clock: SectionClock? { sections }

    @inline(__always)
    private func measure(_ part: PassPart, _ samples: Int, _ worker: Int, _ body: () -> Void) {
        sections.measure(part.rawValue, samples: Double(samples), worker: worker, body)
    }

    /// Allocates nothing.
    func run(_ plan: BatchPlan, step: UInt64, batch: any TrainingBatch) {
        precondition(
            plan.sampleCount <= capacity,
            "a batch of \(plan.sampleCount) where \(capacity) were planned")
        (self.plan, self.step, self.batch) = (plan, step, batch)
        beginStep()
        pool.runKept(prepareJob.run, chunkCount: total(prepareTasks))
        let chunks = plan.chunkCount
        pool.runKept(stemJob.run, chunkCount: chunks)
        for index in network.blocks.indices {
            network.maps[index].finishStatistics(plan)
            pool.runKept(forwardJobs[index].run, chunkCount: chunks)
        }
        network.maps[network.blocks.count].finishStatistics(plan)
        pool.runKept(headJob.run, chunkCount: plan.groupCount)
        for index in network.blocks.indices.reversed() {
            network.maps[index + 1].finishGradientSums(plan)
            pool.runKept(backwardJobs[index].run, chunkCount: plan.groupCount)
        }
        network.maps[0].finishGradientSums(plan)
        pool.runKept(stemBackJob.run, chunkCount: chunks)
        pool.runKept(gradientJob.run, chunkCount: total(gradientTasks))
        self.batch = nil
    }

    private func beginStep() {
        network.stem.beginStep()
        for block in network.blocks { block.beginStep() }
        for map in network.maps { map.beginStep() }
    }

    // MARK: - Jobs

    private func prepare(_ task: Int) {
        let (part, index) = place(of: task, in: prepareTasks)
        let blockCount = network.blocks.count
        if part < blockCount {
            network.blocks[part].prepareWeights(index)
        } else {
            network.linears[part - blockCount].prepare(index)
        }
    }

    private func runStem(_ pass: Pass) {
        let images = images(pass.chunk)
        measure(.load, pass.chunk.count, pass.worker) { batch!.load(pass.chunk, into: images) }
        measure(.stem, pass.chunk.count, pass.worker) { network.stem.forward(images, pass) }
    }

    /// A group of chunks, so that the fully connected layers' weights, more than a core's cache holds, are
    /// read once for all of its samples.
    private func runHead(_ task: Int, _ worker: Int, job: Int) {
        let chunks = plan.chunks(ofGroup: group(task, job: job))
        let (first, last) = (plan.chunk(chunks.lowerBound), plan.chunk(chunks.upperBound - 1))
        let whole = Pass(
            mode: .training,
            chunk: Chunk(
                index: first.index, start: first.start,
                count: last.start + last.count - first.start), worker: worker, step: step)
        measure(.head, whole.chunk.count, worker) {
            for chunk in chunks { forwardPooling(plan.chunk(chunk), worker) }
            forwardHead(whole)
        }
        measure(.loss, whole.chunk.count, worker) {
            for chunk in chunks { computeLoss(plan.chunk(chunk)) }
        }
        measure(.headBack, whole.chunk.count, worker) {
            backwardHead(whole)
            for chunk in chunks { backwardPooling(plan.chunk(chunk), worker) }
        }
    }

    private func forwardPooling(_ chunk: Chunk, _ worker: Int) {
        network.pooling.forward(
            into: head.activation(0, chunk),
            Pass(mode: .training, chunk: chunk, worker: worker, step: step))
    }

    private func forwardHead(_ pass: Pass) {
        let layers = network.head
        for index in layers.indices {
            layers[index].forward(
                head.activation(index, pass.chunk), into: head.activation(index + 1, pass.chunk),
                pass)
        }
    }

    private func computeLoss(_ chunk: Chunk) {
        batch!.loss(
            chunk, outputs: head.activation(network.head.count, chunk),
            gradient: head.gradient(network.head.count, chunk))
    }

    private func backwardHead(_ pass: Pass) {
        let layers = network.head
        for index in layers.indices.reversed() {
            layers[index].backward(
                x: head.activation(index, pass.chunk), y: head.activation(index + 1, pass.chunk),
                dy: head.gradient(index + 1, pass.chunk), into: head.gradient(index, pass.chunk),
                pass)
        }
    }

    private func backwardPooling(_ chunk: Chunk, _ worker: Int) {
        network.pooling.backward(
            head.gradient(0, chunk),
            Pass(mode: .training, chunk: chunk, worker: worker, step: step))
    }

    private func group(_ task: Int, job: Int) -> Int {
        job % 2 == 0 ? task : plan.groupCount - 1 - task
    }

    private func runBack(_ block: WinogradBlock, _ task: Int, _ worker: Int, job: Int) {
        let group = group(task, job: job)
        let chunks = plan.chunks(ofGroup: group)
        for chunk in chunks {
            block.backward(
                Pass(mode: .training, chunk: plan.chunk(chunk), worker: worker, step: step),
                isFirst: chunk == chunks.lowerBound)
        }
        block.finishGroup(group, worker: worker)
    }

    private func runStemBack(_ pass: Pass) {
        measure(.stemBack, pass.chunk.count, pass.worker) {
            network.stem.backward(images(pass.chunk), pass)
        }
    }

    private func addGradients(_ task: Int) {
        let (part, index) = place(of: task, in: gradientTasks)
        switch part {
        case 0: network.stem.addGradients(index, plan)
        case gradientTasks.count - 1:
            let task = head.gradientTasks[index]
            network.head[task.layer].addGradients(
                task: task.task, x: head.activation(task.layer, of: plan),
                dy: head.gradient(task.layer + 1, of: plan), plan)
        default: network.blocks[part - 1].addGradients(index, plan)
        }
    }

    // MARK: - Steps

    private func pass(_ index: Int, _ worker: Int, job: Int) -> Pass {
        let chunk = job % 2 == 0 ? index : plan.chunkCount - 1 - index
        return Pass(mode: .training, chunk: plan.chunk(chunk), worker: worker, step: step)
    }

    private func images(_ chunk: Chunk) -> FloatSlice {
        inputs.slice(chunk.start * inputCount, count: chunk.count * inputCount)
    }

    private func total(_ counts: [Int]) -> Int {
        var total = 0
        for count in counts { total += count }
        return total
    }

    /// Which part a task belongs to, and its number there.
    private func place(of task: Int, in counts: [Int]) -> (part: Int, index: Int) {
        var index = task
        for (part, count) in counts.enumerated() {
            if index < count { return (part, index) }
            index -= count
        }
        preconditionFailure("task \(task) of \(counts)")
    }
}
