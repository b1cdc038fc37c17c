import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing

@testable import Orchestration

/// A date that the test sets, and time that passes as it says.
private final class Clock: Sendable {
    private let state: Mutex<(date: Double, seconds: Double)>

    init(at date: Double = 1_700_000_000) { state = Mutex((date, 0)) }

    func pass(_ seconds: Double, jump: Double = 0) {
        state.withLock {
            $0.seconds += seconds
            $0.date += seconds + jump
        }
    }

    var clock: RunClock {
        RunClock(
            date: { self.state.withLock { Date(timeIntervalSince1970: $0.date) } },
            seconds: { self.state.withLock { $0.seconds } })
    }
}

@Suite struct RunClockTests {
    private func begin(_ store: RunStore, _ label: String) throws -> RunRecorder {
        try store.begin(id: runID(label), job: "full", config: [:], environment: [:])
    }

    /// Set forward by an hour or back by one in the middle, a run takes what it took.
    @Test func durationsAreMeasured() throws {
        for jump in [3600.0, -3600] {
            try withTemporaryFolder { home in
                let clock = Clock()
                let store = try RunStore(home: home, clock: clock.clock)
                let recorder = try begin(store, "a")
                clock.pass(2, jump: jump)
                try recorder.record(.note)
                clock.pass(3)
                try recorder.finish(.succeeded)
                let run = try store.run(runID("a"))
                #expect(run.seconds == 5)
                #expect(run.finishedAt!.timeIntervalSince(run.startedAt) == 5 + jump)
                let events = try store.events(of: run.id)
                #expect(events.map(\.elapsed) == [0, 2, 5] && events.last?.seconds == 5)
            }
        }
    }

    @Test func aKilledRunTookWhatItsLastRecordSays() throws {
        try withTemporaryFolder { home in
            let clock = Clock()
            let store = try RunStore(home: home, clock: clock.clock)
            var recorder: RunRecorder? = try begin(store, "a")
            clock.pass(2, jump: -3600)
            try recorder?.record([MetricPoint("loss", step: 1, value: 1)])
            recorder = nil
            let run = try RunStore(home: home).run(runID("a"))
            #expect(run.status == .interrupted && run.seconds == 2)
        }
    }

    /// A clock that once stood at 2100 decides nothing.
    @Test func theLatestIsTheOneThatWasBegunLast() throws {
        try withTemporaryFolder { home in
            let future = try RunStore(home: home, clock: Clock(at: 4_100_000_000).clock)
            for id in ["21000101T000000-ffffff", "20261121T101500-000001"] {
                let store = id.hasPrefix("2100") ? future : try RunStore(home: home)
                try store.begin(id: id, job: "full", config: [:], environment: [:])
                    .finish(.succeeded)
            }
            let store = try RunStore(home: home)
            #expect(try store.run("latest").id == "20261121T101500-000001")
            #expect(try store.runs().map(\.id.first) == ["2", "2"])
            #expect(try store.runs(limit: 1).map(\.id) == ["20261121T101500-000001"])
        }
    }

    /// As the version before left it, with a clock that was set back.
    @Test func olderRunsHaveTheDifferenceOfTheirDatesWhereItIsOne() throws {
        try StoreFixture.within { fixture in
            let (first, second) = (try fixture.makeRun("a"), try fixture.makeRun("b"))
            try fixture.execute(
                """
                ALTER TABLE run DROP COLUMN seconds;
                ALTER TABLE event DROP COLUMN elapsed;
                ALTER TABLE metric DROP COLUMN elapsed;
                DELETE FROM grdb_migrations WHERE identifier LIKE '3:%';
                UPDATE run SET started_at = 100, finished_at = 104 WHERE id = '\(first)';
                UPDATE run SET started_at = 100, finished_at = 40 WHERE id = '\(second)'
                """)
            let store = try RunStore(home: fixture.home)
            #expect(try store.run(first).seconds == 4 && store.run(second).seconds == 0)
            #expect(try store.events(of: first).first?.elapsed == nil)
        }
    }
}
