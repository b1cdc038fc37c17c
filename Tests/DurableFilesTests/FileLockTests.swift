import DurableFiles
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct FileLockTests {
    @Test func aLockIsOnes() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("deep/a.lock")
            let lock = try FileLock(file)
            #expect(try FileLock.attempt(file) == nil)
            lock.unlock()
            lock.unlock()
            let next = try FileLock.attempt(file)
            #expect(next != nil)
        }
    }

    @Test func whoSharesDoesNotWait() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.lock")
            try Data().write(to: file)
            let first = try FileLock(file, .shared, creates: false)
            let second = try FileLock.attempt(file, .shared, creates: false)
            #expect(second != nil)
            #expect(try FileLock.attempt(file) == nil)
            withExtendedLifetime((first, second)) {}
            #expect(throws: FileError.self) {
                try FileLock(
                    folder.appendingPathComponent("none.lock"), .shared, creates: false)
            }
        }
    }

    @Test func waitingIsToldAndEnds() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.lock")
            let lock = try FileLock(file)
            var told: [(String, Duration)] = []
            let start = ContinuousClock.now
            let error = #expect(throws: FileError.self) {
                try FileLock(file, patience: 1.5) { told.append(($0, ContinuousClock.now - start)) }
            }
            #expect(error == .locked(path: file.path, seconds: 1.5))
            #expect("\(error!)".hasPrefix("\(file.path): another process has held this lock"))
            #expect(told.map(\.0) == [file.path])
            #expect(told.allSatisfy { $0.1 >= .seconds(1) && $0.1 < .seconds(1.4) })
            let waited = ContinuousClock.now - start
            #expect(waited >= .seconds(1.5) && waited < .seconds(4))
            lock.unlock()
            #expect(try FileLock.holding(file) { 7 } == 7)
        }
    }

    @Test func aLockThatIsLetGoOfIsTaken() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a.lock")
            let lock = try FileLock(file)
            let done = Mutex(false)
            Thread.detachNewThread {
                usleep(200_000)
                done.withLock { $0 = true }
                lock.unlock()
            }
            try FileLock.holding(file, patience: 20) { #expect(done.withLock { $0 }) }
        }
    }
}
