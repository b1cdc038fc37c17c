import Foundation
import Kernels
import Synchronization
import TestSupport
import Testing

@Suite struct WorkerPoolTests {
    @Test(arguments: [1, 2, 3, 16])
    func runsEachChunkOnceWithExclusiveWorkers(threadCount: Int) {
        let pool = WorkerPool(threadCount: threadCount)
        for chunkCount in [0, 1, 2, 7, 100] {
            for _ in 0..<50 {
                let counts = Mutex([Int](repeating: 0, count: chunkCount))
                let busy = Mutex([Bool](repeating: false, count: threadCount))
                pool.run(chunkCount) { chunk, worker in
                    busy.withLock {
                        #expect(!$0[worker])
                        $0[worker] = true
                    }
                    counts.withLock { $0[chunk] += 1 }
                    busy.withLock { $0[worker] = false }
                }
                #expect(counts.withLock { $0.allSatisfy { $0 == 1 } })
            }
        }
    }

    @Test func wakesWorkersThatWentToSleep() {
        let pool = WorkerPool(threadCount: 4)
        for _ in 0..<5 {
            usleep(20_000)
            let seen = Mutex(Set<Int>())
            pool.run(64) { _, worker in
                usleep(500)
                _ = seen.withLock { $0.insert(worker) }
            }
            // 64 chunks of half a millisecond: a pool that doesn't wake its threads uses one.
            #expect(seen.withLock { $0.count } > 1)
        }
    }

    @Test func manyShortJobsAllFinish() {
        let pool = WorkerPool(threadCount: 3)
        let total = Atomic<Int>(0)
        for _ in 0..<20_000 {
            pool.run(3) { _, _ in total.add(1, ordering: .relaxed) }
        }
        #expect(total.load(ordering: .relaxed) == 60_000)
    }
}
