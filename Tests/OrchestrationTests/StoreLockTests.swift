import DurableFiles
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Orchestration

@Suite struct StoreLockTests {
    @Test func readingWaitsForNobody() throws {
        try StoreFixture.within { fixture in
            let run = try fixture.makeRun("a")
            let lock = try FileLock(fixture.home.appendingPathComponent("runs.lock"))
            let start = ContinuousClock.now
            let store = try RunStore(home: fixture.home)
            #expect(try store.details(of: store.run("latest")).run.id == run)
            #expect(ContinuousClock.now - start < .seconds(1))
            lock.unlock()
        }
    }

    @Test func writingTellsWhatItWaitsFor() throws {
        try StoreFixture.within { fixture in
            let run = try fixture.makeRun("a")
            let file = fixture.home.appendingPathComponent("runs.lock")
            let told = Mutex<[String]>([])
            let store = try RunStore(
                home: fixture.home, onWait: { path in told.withLock { $0.append(path) } })
            let lock = try FileLock(file)
            Thread.detachNewThread {
                Thread.sleep(forTimeInterval: 1.3)
                lock.unlock()
            }
            try store.delete(run)
            #expect(told.withLock { $0 } == [file.path])
        }
    }
}
