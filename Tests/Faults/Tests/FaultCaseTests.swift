import Testing

@testable import FaultHarness

@Suite struct FaultCaseTests {
    @Test func aLogLineIsACall() throws {
        let call = try #require(DiskCall(line: "12 w rename .tessera/a file.json"))
        #expect(call.number == 12 && call.callClass == .writing && call.name == "rename")
        #expect(call.path == ".tessera/a file.json")
        #expect(DiskCall(line: "! 12 w rename .tessera/x")?.number == 12)
        #expect(DiskCall(line: "nonsense") == nil)
        #expect(DiskCall.parse(log: "1 o open a\n2 r read a\n").map(\.number) == [1, 2])
    }

    @Test func everyWriteHasADeathBeforeItAndTheLastOneAfterIt() {
        let calls = DiskCall.parse(log: "1 w open a\n2 w write a\n3 w fsync a\n4 r read a\n")
        let cases = FaultCase.all(of: "s", calls: calls)
        #expect(cases.filter { $0.kind == .kill }.map(\.call.number) == [1, 2, 3])
        #expect(cases.filter { $0.kind == .killed }.map(\.call.number) == [3])
        #expect(cases.filter { $0.kind == .torn }.map(\.call.number) == [2])
        #expect(cases.last?.id == "s:3:killed")
    }

    @Test func SQLitesWritesHaveADeathAndOneErrorInTurns() {
        let calls = (1...4).compactMap {
            DiskCall(line: "\($0) w pwrite64 .tessera/runs.sqlite-wal")
        }
        let errors = calls.map { call in call.kinds.filter { !$0.endsTheProcess } }
        #expect(errors.allSatisfy { $0.count == 1 } && Set(errors).count == 4)
        #expect(calls.allSatisfy { $0.kinds.contains(.kill) })
        #expect(
            DiskCall(line: "1 w fdatasync .tessera/runs.sqlite")?.kinds.contains(.interrupted)
                == false)
    }

    @Test func theSameLookAgainIsLeftOutUntilSomethingIsWritten() {
        let calls = DiskCall.parse(
            log:
                "1 s lstat a\n2 s lstat a\n3 s stat a\n4 w write b\n5 s lstat a\n6 r read c\n7 r read c\n"
        )
        #expect(DiskCall.withoutRepetitions(calls).map(\.number) == [1, 3, 4, 5, 6, 7])
    }

    @Test func aSampleIsTheSameForOneSeed() {
        let calls = (1...50).compactMap { DiskCall(line: "\($0) w write file") }
        let all = FaultCase.all(of: "s", calls: calls)
        let sample = FaultCase.sample(all, count: 20, seed: 3)
        #expect(sample == FaultCase.sample(all, count: 20, seed: 3) && sample.count == 20)
        #expect(sample != FaultCase.sample(all, count: 20, seed: 4))
        #expect(FaultCase.sample(all, count: 10_000, seed: 1) == all)
    }
}
