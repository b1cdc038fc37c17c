import CKernels
import Foundation
import Glibc
import LinearAlgebra
import Synchronization

/// Runs the chunks of a job on a fixed set of threads, the caller's among them.
///
/// Chunks are claimed one by one from an atomic counter, so a slow or preempted thread never holds
/// up a share that another could take; which thread runs a chunk has no influence on its result.
/// A thread without work spins for a few microseconds, because the next phase of a training step
/// follows at once, and then sleeps.
///
/// One job runs at a time: `run` is called from one thread, the pool's owner.
public final class WorkerPool: @unchecked Sendable {
    public let threadCount: Int

    /// Pauses before a thread without work sleeps: some 70 µs, the longest wait between the jobs of a
    /// step.
    private static let spinCount = 4_000

    private let shared: SharedState
    private var threads: [pthread_t] = []

    /// - Parameter threadCount: threads in all, the caller's included; all cores when nil.
    public init(threadCount: Int? = nil) {
        let count = threadCount ?? WorkerPool.availableCoreCount
        precondition(count >= 1, "a pool of \(count) threads")
        self.threadCount = count
        // More threads than cores: whoever spins keeps a core from those that compute.
        let hasCoreForEach = count <= WorkerPool.availableCoreCount
        shared = SharedState(spinCount: hasCoreForEach ? WorkerPool.spinCount : 0)
        BLASRuntime.useSingleThread()
        for worker in 1..<max(count, 1) { threads.append(startThread(worker)) }
    }

    deinit {
        shared.stop()
        for thread in threads { pthread_join(thread, nil) }
    }

    /// The cores this process may use (its affinity mask counts).
    public static var availableCoreCount: Int {
        Int(tessera_available_cores())
    }

    /// Calls `body(chunk, worker)` for each chunk in 0..<chunkCount and returns when all are done.
    ///
    /// - Parameter body: `worker` is in 0..<threadCount, and no two calls with the same worker run
    ///   at once, so scratch memory can be indexed by it. Denormals are flushed to zero inside.
    public func run(_ chunkCount: Int, _ body: (_ chunk: Int, _ worker: Int) -> Void) {
        withoutActuallyEscaping(body) { runKept($0, chunkCount: chunkCount) }
    }

    /// The same for a closure that lives longer than the call, and then without allocating: what a
    /// training step runs is made once and kept.
    public func runKept(
        _ job: @escaping (_ chunk: Int, _ worker: Int) -> Void, chunkCount: Int
    ) {
        precondition(chunkCount >= 0 && chunkCount < SharedState.maximumChunkCount)
        let state = tessera_flush_denormals()
        defer { tessera_restore_denormals(state) }
        if threadCount == 1 || chunkCount <= 1 {
            for chunk in 0..<chunkCount { job(chunk, 0) }
            return
        }
        shared.publish(job, chunkCount: chunkCount)
        shared.work(as: 0)
        shared.waitUntilDone(chunkCount)
        shared.retire()
    }

    private func startThread(_ worker: Int) -> pthread_t {
        let argument = Unmanaged.passRetained(ThreadArgument(shared: shared, worker: worker))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { raw in
                let argument = Unmanaged<ThreadArgument>.fromOpaque(raw!).takeRetainedValue()
                _ = tessera_flush_denormals()
                argument.shared.serve(as: argument.worker)
                return nil
            }, argument.toOpaque())
        precondition(
            status == 0, "can't start thread \(worker): \(String(cString: strerror(status)))")
        return thread
    }
}

private final class ThreadArgument {
    let shared: SharedState
    let worker: Int

    init(shared: SharedState, worker: Int) {
        self.shared = shared
        self.worker = worker
    }
}

/// What the threads of a pool share.
///
/// `ticket` packs the job's chunk count and the next unclaimed chunk into one word, so that a claim
/// is one compare-and-swap and can't mix two jobs. `body` is written before the ticket is published
/// and read only after a successful claim; the owner can't retire it before that chunk is counted
/// in `doneCount`. That order is the invariant behind `@unchecked Sendable`.
private final class SharedState: @unchecked Sendable {
    static let maximumChunkCount = 1 << 30

    private let spinCount: Int
    private let ticket = Atomic<UInt64>(0)
    private let doneCount = Atomic<Int>(0)
    private let sleeperCount = Atomic<Int>(0)
    private let ownerSleeps = Atomic<Bool>(false)
    private let stopping = Atomic<Bool>(false)
    private var body: ((Int, Int) -> Void)?
    // At fixed addresses, as POSIX wants of its locks.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let workArrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let jobFinished = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(spinCount: Int) {
        self.spinCount = spinCount
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(workArrived, nil)
        pthread_cond_init(jobFinished, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(workArrived)
        pthread_cond_destroy(jobFinished)
        mutex.deallocate()
        workArrived.deallocate()
        jobFinished.deallocate()
    }

    // MARK: - The owner's side

    func publish(_ body: @escaping (Int, Int) -> Void, chunkCount: Int) {
        self.body = body
        doneCount.store(0, ordering: .relaxed)
        ticket.store(UInt64(chunkCount) << 32, ordering: .sequentiallyConsistent)
        if sleeperCount.load(ordering: .sequentiallyConsistent) > 0 {
            pthread_mutex_lock(mutex)
            pthread_cond_broadcast(workArrived)
            pthread_mutex_unlock(mutex)
        }
    }

    func waitUntilDone(_ chunkCount: Int) {
        for _ in 0..<spinCount {
            if doneCount.load(ordering: .acquiring) == chunkCount { return }
            tessera_spin_pause()
        }
        pthread_mutex_lock(mutex)
        ownerSleeps.store(true, ordering: .sequentiallyConsistent)
        while doneCount.load(ordering: .sequentiallyConsistent) != chunkCount {
            pthread_cond_wait(jobFinished, mutex)
        }
        ownerSleeps.store(false, ordering: .relaxed)
        pthread_mutex_unlock(mutex)
    }

    func retire() { body = nil }

    func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(workArrived)
        pthread_mutex_unlock(mutex)
    }

    // MARK: - Every thread's side

    /// Claims and runs chunks until none is left.
    func work(as worker: Int) {
        while let (chunk, chunkCount) = claim() {
            call(chunk, worker)
            let done = doneCount.add(1, ordering: .sequentiallyConsistent).newValue
            if done == chunkCount && ownerSleeps.load(ordering: .sequentiallyConsistent) {
                pthread_mutex_lock(mutex)
                pthread_cond_signal(jobFinished)
                pthread_mutex_unlock(mutex)
            }
        }
    }

    func serve(as worker: Int) {
        while !stopping.load(ordering: .sequentiallyConsistent) {
            work(as: worker)
            if !spinForWork() { sleepForWork() }
        }
    }

    private func claim() -> (chunk: Int, chunkCount: Int)? {
        var seen = ticket.load(ordering: .acquiring)
        while true {
            let (count, next) = (seen >> 32, seen & 0xFFFF_FFFF)
            guard next < count else { return nil }
            let (exchanged, original) = ticket.weakCompareExchange(
                expected: seen, desired: seen + 1, ordering: .acquiringAndReleasing)
            if exchanged { return (Int(next), Int(count)) }
            seen = original
        }
    }

    /// In a function of its own, so that this thread's reference to the closure is gone before the
    /// chunk counts as done and the owner may end the closure's life.
    @inline(never) private func call(_ chunk: Int, _ worker: Int) { body!(chunk, worker) }

    private var hasWork: Bool {
        let seen = ticket.load(ordering: .sequentiallyConsistent)
        return seen & 0xFFFF_FFFF < seen >> 32
    }

    private func spinForWork() -> Bool {
        for _ in 0..<spinCount {
            if hasWork { return true }
            tessera_spin_pause()
        }
        return false
    }

    private func sleepForWork() {
        pthread_mutex_lock(mutex)
        sleeperCount.add(1, ordering: .sequentiallyConsistent)
        while !hasWork && !stopping.load(ordering: .sequentiallyConsistent) {
            pthread_cond_wait(workArrived, mutex)
        }
        sleeperCount.subtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
    }
}
