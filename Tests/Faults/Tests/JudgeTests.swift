import Foundation
import Testing

@testable import FaultHarness

/// The harness finds what is planted, and nothing in a sound home.
@Suite struct JudgeTests {
    private func kinds(_ violations: [Violation]) -> [String] { violations.map(\.kind) }

    @Test func aSoundHomeHasNoViolations() throws {
        try PlantedHome.within { home in
            let judge = try home.judge(.cleaning)
            let found = try home.found(.ended(0))
            #expect(judge.kept(found).isEmpty && judge.agreement(found).isEmpty)
            #expect(judge.ending(found.ending).isEmpty)
            #expect(judge.tidy(found.state, runs: [PlantedHome.run]).isEmpty)
            #expect(judge.again(.ended(0), found).isEmpty)
        }
    }

    // MARK: - What is left

    @Test func aLostDeployedModelIsFound() throws {
        try PlantedHome.within { home in
            let judge = try home.judge(.reading)
            try home.remove("registry/models/\(PlantedHome.deployed)")
            let found = try home.found(.ended(0))
            #expect(
                kinds(judge.kept(found)) == [
                    "deployed model lost", "a reading command changed something",
                ])
        }
    }

    @Test func anAlteredDeployedModelAndRecordAreFound() throws {
        try PlantedHome.within { home in
            let judge = try home.judge(.cleaning)
            try home.write("other", to: "registry/models/\(PlantedHome.deployed)/model.safetensors")
            try home.write("line 2\nline 1\n", to: "registry/audit.jsonl")
            #expect(
                kinds(judge.kept(try home.found(.ended(0)))) == [
                    "record not appended to", "deployed model altered",
                ])
        }
    }

    @Test func neitherTheOldNorTheNewModelDeployedIsFound() throws {
        try PlantedHome.within { home in
            let found = try home.found(.ended(0), deployed: nil)
            #expect(
                kinds(try home.judge(.cleaning).kept(found)) == [
                    "neither the old nor the new model is deployed"
                ])
        }
    }

    @Test func orphansTemporaryFilesAndMissingArtifactsAreFound() throws {
        try PlantedHome.within { home in
            let judge = try home.judge(.cleaning)
            try home.write("{}", to: "runs/run-2/summary.json")
            try home.write("half", to: "runs/run-1/.summary.json.12.34.tmp")
            try home.remove("artifacts/cc")
            #expect(
                kinds(judge.tidy(try home.state(), runs: [PlantedHome.run])) == [
                    "temporary file left", "run folder without a record", "artifact missing",
                ])
        }
    }

    @Test func aRunThatStaysRunningOrIsLostIsFound() throws {
        try PlantedHome.within { home in
            let judge = try home.judge(.cleaning)
            let running = ListedRun(id: "run-2", status: "running", artifacts: [:])
            #expect(
                kinds(judge.runStore([running], .ended(0))) == [
                    "a run stays running", "a run's record is lost",
                ])
            #expect(kinds(judge.runStore(nil, .ended(2))) == ["the run store can't be read"])
        }
    }

    // MARK: - What was said

    @Test func aDecisionThatIsDeniedIsFound() throws {
        try PlantedHome.within { home in
            let judge = try home.judge(.decision(deploys: true))
            let denied = Ending.ended(2, "Error: /home/lock: not deployed. Nothing was changed.")
            #expect(judge.agreement(try home.found(denied)).isEmpty)
            #expect(
                kinds(judge.agreement(try home.found(denied, deployed: PlantedHome.candidate))) == [
                    "says no, and did (deployed)"
                ])
            #expect(kinds(judge.agreement(try home.found(.ended(0)))) == ["says yes, and didn't"])
            try home.write("line 1\nline 2\n", to: "registry/audit.jsonl")
            #expect(
                kinds(judge.agreement(try home.found(denied))) == [
                    "says nothing was changed, and the record was"
                ])
            let said = Ending.ended(
                2, "m.safetensors: recorded as deployed, but /home/deployed.json")
            #expect(
                judge.agreement(try home.found(said, deployed: PlantedHome.candidate)).isEmpty)
            let both = Ending.ended(2, said.errors + ": nothing was changed")
            #expect(
                kinds(judge.agreement(try home.found(both, deployed: PlantedHome.candidate))) == [
                    "says deployed, and that nothing was changed"
                ])
        }
    }

    @Test func aDeletionThatIsDeniedIsFound() throws {
        try PlantedHome.within { home in
            let judge = try home.judge(.deletion(run: "run-1"))
            let denied = Ending.ended(
                2, "Error: /home/runs: can't be removed. Nothing was changed.")
            #expect(judge.agreement(try home.found(denied)).isEmpty)
            #expect(
                kinds(judge.agreement(try home.found(denied, runs: []))) == [
                    "says nothing was changed, and deleted"
                ])
            #expect(
                kinds(judge.agreement(try home.found(.ended(0)))) == ["says deleted, and isn't"])
        }
    }

    @Test func aRunWithoutItsModelIsFound() throws {
        try PlantedHome.within { home in
            let judge = try home.judge(.training)
            #expect(
                kinds(judge.agreement(try home.found(.ended(0)))) == [
                    "status 0 without a recorded model"
                ])
            let other = ListedRun(id: "run-2", status: "succeeded", artifacts: ["model": "00ff"])
            #expect(
                kinds(judge.agreement(try home.found(.ended(0), runs: [other]))) == [
                    "another model", "status 0, artifact missing",
                ])
        }
    }

    @Test func crashesHangsAndEmptyWordsAreFound() throws {
        try PlantedHome.within { home in
            let judge = try home.judge(.cleaning)
            var ending = Ending.ended(2, "Error: /a: (NSCocoaErrorDomain error 256.)")
            #expect(kinds(judge.ending(ending)) == ["a library's words in place of a reason"])
            #expect(kinds(judge.ending(.ended(2, "failed"))) == ["fails without a path or reason"])
            ending.signal = SIGILL
            #expect(kinds(judge.ending(ending)) == ["crashes"])
            ending.isTimeout = true
            #expect(kinds(judge.ending(ending)) == ["hangs"])
            let interrupted = try home.judge(.cleaning, fault: .interrupted)
            #expect(
                kinds(interrupted.ending(.ended(2, "Error: /a: interrupted"))) == [
                    "interrupted call not retried"
                ])
        }
    }

    @Test func aTornOutputIsFound() throws {
        try PlantedHome.within { home in
            try home.write("old\n", to: "scores.csv")
            let goal = Scenario.Goal.file(path: ".tessera/scores.csv", isDeterministic: true)
            let old = try home.judge(goal)
            try home.write("path,label\n1,2\n", to: "scores.csv")
            let whole = try home.judge(goal)
            let judge = Judge(
                scenario: old.scenario, reference: whole.reference, fault: .inputOutput)
            #expect(judge.kept(try home.found(.ended(0))).isEmpty)
            try home.write("path,la", to: "scores.csv")
            #expect(kinds(judge.kept(try home.found(.ended(2, "/a")))) == ["output torn"])
        }
    }
}
