import Testing

@testable import DigitPipeline
@testable import tessera

@Suite struct SweepPrinterTests {
    private func outcome(_ accuracy: Double?) throws -> TrialOutcome {
        var plan = SweepPlan(name: "rates")
        plan.axes = [
            ParameterAxis(key: "epochs", values: .list([.plain("1")]), origin: .default)
        ]
        return TrialOutcome(
            trial: try plan.trials()[0], seed: 1, run: "r", validationAccuracy: accuracy,
            validationLoss: accuracy.map { 1 - $0 }, seconds: 20,
            failure: accuracy == nil ? "the loss became NaN" : nil)
    }

    @Test func aTerminalShowsHowFarAllTrainingsAre() throws {
        let fake = FakeConsole(isTerminal: true, width: 80)
        let printer = SweepPrinter(SweepPlan(name: "rates"), console: fake.console)
        printer.handle(.started(trials: 2, trainings: 4))
        #expect(
            fake.takeOutput().hasSuffix(
                eraseLine + "0 of 4 trainings  " + String(repeating: ".", count: 32) + "   0 %"))
        fake.advance(20)
        printer.handle(.finished(try outcome(0.9), number: 1, of: 4))
        let output = fake.takeOutput()
        #expect(output.hasPrefix(eraseLine + "[1/4] epochs 1, seed 1: 90.00 %"), "\(output)")
        #expect(output.contains("1 of 4 trainings  ######"), "\(output)")
        #expect(output.hasSuffix("25 %  best 90.00 %  ETA 1m 00s"), "\(output)")
        fake.advance(15)
        printer.handle(.trained)
        #expect(fake.takeOutput().hasSuffix("best 90.00 %  ETA 45 s"))
        fake.advance(5)
        printer.handle(.finished(try outcome(nil), number: 2, of: 4))
        #expect(fake.takeOutput().hasSuffix("50 %  best 90.00 %  ETA 40 s"))
        printer.finish()
        #expect(fake.takeOutput() == eraseLine)
    }

    @Test func logsGetALineForEachTraining() throws {
        let fake = FakeConsole(isTerminal: false)
        let printer = SweepPrinter(SweepPlan(name: "rates"), console: fake.console)
        printer.handle(.started(trials: 1, trainings: 1))
        printer.handle(.trained)
        printer.handle(.finished(try outcome(0.9), number: 1, of: 1))
        printer.finish()
        #expect(
            fake.takeOutput()
                == "sweep rates: 1 configuration, 1 training\n"
                + "[1/1] epochs 1, seed 1: 90.00 %, loss 0.1000, 20.0 s\n")
    }
}
