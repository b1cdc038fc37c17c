import Testing
import Training

@testable import tessera

@Suite struct TrainingProgressPrinterTests {
    private func batch(_ number: Int, epoch: Int = 3) -> TrainingEvent {
        .batch(
            BatchProgress(
                epoch: epoch, epochCount: 30, batch: number, batchCount: 750, step: 1500 + number,
                batchLoss: 0.05, loss: 0.04123, accuracy: 0.98765, imagesPerSecond: 5210.4,
                etaSeconds: 72, learningRate: 0.001))
    }

    private let record = EpochRecord(
        epoch: 3, trainLoss: 0.04123, trainAccuracy: 0.98765, validationLoss: 0.0301,
        validationAccuracy: 0.9912, learningRate: 0.001, elapsedSeconds: 18.24,
        imagesPerSecond: 5210.4, isBest: true)

    @Test func liveLineTellsEverything() {
        let fake = FakeConsole(isTerminal: true, width: 118)
        let printer = TrainingProgressPrinter(console: fake.console)
        printer.handle(batch(412))
        #expect(
            fake.takeOutput()
                == eraseLine
                + "epoch  3/30  ################..............  54 %  412/750  loss 0.0412"
                + "  accuracy 98.77 %  5,210 images/s  ETA 1m 12s")
    }

    @Test(arguments: [111, 80, 60, 40, 20, 5, 1]) func liveLineNeverReachesTheLastColumn(
        _ width: Int
    ) {
        let fake = FakeConsole(isTerminal: true, width: width)
        let printer = TrainingProgressPrinter(console: fake.console)
        printer.handle(batch(412))
        printer.handle(.epoch(record))
        let lines = fake.takeOutput().split(whereSeparator: \.isNewline)
        #expect(lines.count >= 2)
        for line in lines {
            #expect(line.replacing("\u{1B}[2K", with: "").count <= max(1, width - 1))
        }
    }

    /// At any speed and in any window that can be read, how far the work is stands there.
    @Test(arguments: 40...120) func barAndPercentageStay(_ width: Int) {
        let fake = FakeConsole(isTerminal: true, width: width)
        let printer = TrainingProgressPrinter(console: fake.console)
        printer.handle(
            .batch(
                BatchProgress(
                    epoch: 30, epochCount: 30, batch: 412, batchCount: 750, step: 1912,
                    batchLoss: 0.05, loss: 2.30123, accuracy: 1, imagesPerSecond: 123_456,
                    etaSeconds: 4321, learningRate: 0.001)))
        let line = fake.takeOutput()
        #expect(line.contains("####") && line.contains("54 %"), "\(line)")
        // In 80 columns everything that changes is there, but for the rate.
        if width >= 80 { #expect(line.contains("loss 2.3012") && line.contains("ETA 1h 12m")) }
    }

    @Test func liveLineIsDrawnAtMostTenTimesASecond() {
        let fake = FakeConsole(isTerminal: true)
        let printer = TrainingProgressPrinter(console: fake.console)
        for number in 1...500 {
            printer.handle(batch(number))
            fake.advance(0.01)
        }
        // 5 s.
        let draws = fake.takeOutput().split(separator: eraseLine).count
        #expect((40...50).contains(draws), "\(draws)")
    }

    @Test func liveLineFollowsTheWindow() {
        let fake = FakeConsole(isTerminal: true, width: 112)
        let printer = TrainingProgressPrinter(console: fake.console)
        printer.handle(batch(1))
        fake.resize(30)
        fake.advance(1)
        _ = fake.takeOutput()
        printer.handle(batch(2))
        #expect(fake.takeOutput() == eraseLine + "epoch  3/30  ..........   0 %")
    }

    @Test func epochLineReplacesTheLiveLine() {
        let fake = FakeConsole(isTerminal: true, width: 160)
        let printer = TrainingProgressPrinter(console: fake.console)
        printer.handle(batch(750))
        _ = fake.takeOutput()
        printer.handle(.epoch(record))
        #expect(
            fake.takeOutput()
                == eraseLine + "epoch  3/30  train loss 0.0412  accuracy 98.77 %"
                + "  validation loss 0.0301  accuracy 99.12 %  lr 0.001  18.2 s  5,210 images/s"
                + "  best\n")
        printer.finish()
        #expect(fake.takeOutput().isEmpty)
    }

    @Test func finishTakesTheLiveLineAway() {
        let fake = FakeConsole(isTerminal: true)
        let printer = TrainingProgressPrinter(console: fake.console)
        printer.handle(batch(1))
        _ = fake.takeOutput()
        printer.finish()
        printer.finish()
        #expect(fake.takeOutput() == eraseLine)
    }

    @Test func logsGetALineEachTenSecondsOfAQuarterEpoch() {
        let fake = FakeConsole(isTerminal: false)
        let printer = TrainingProgressPrinter(console: fake.console)
        // 40 s: quarters are due at 10, 20, 30 and 40 s.
        for number in 1...750 {
            fake.advance(40.0 / 750)
            printer.handle(batch(number))
        }
        let lines = fake.takeOutput().split(separator: "\n")
        #expect(lines.count == 3 || lines.count == 4)
        #expect(
            lines[0]
                == "epoch  3/30  batch 188/750  loss 0.0412  accuracy 98.77 %  5,210 images/s  ETA 1m 12s"
        )
    }

    @Test func logsOfShortEpochsGetOnlyTheEpochs() {
        let fake = FakeConsole(isTerminal: false)
        let printer = TrainingProgressPrinter(console: fake.console)
        for _ in 1...3 {
            for number in 1...750 { printer.handle(batch(number)) }
            fake.advance(9)
            printer.handle(.epoch(record))
        }
        let lines = fake.takeOutput().split(separator: "\n")
        #expect(lines.count == 3)
        #expect(
            lines.allSatisfy { $0.hasPrefix("epoch  3/30  train loss") && $0.hasSuffix("best") })
        #expect(!lines.contains { $0.contains("\u{1B}") || $0.contains("\r") })
    }

    @Test func logsOfLongEpochsAreNeverSilentForMoreThanAMinute() {
        let fake = FakeConsole(isTerminal: false)
        let printer = TrainingProgressPrinter(console: fake.console)
        for number in 1...100 {
            fake.advance(5)
            printer.handle(batch(number))
        }
        #expect(fake.takeOutput().split(separator: "\n").count == 8)
    }

    @Test(arguments: [
        (
            TrainingEvent.started(
                parameterCount: 455_754, trainCount: 48_000, validationCount: 12_000, threads: 2,
                plan: ConvolutionPlan([
                    "conv1": .direct, "conv2": .winograd4, "conv3": .winograd4,
                ])),
            "training 455,754 parameters on 48,000 images (12,000 for validation), 2 threads\n"
                + "convolutions: direct, winograd4, winograd4\n"
        ),
        (
            .started(
                parameterCount: 10, trainCount: 20, validationCount: 0, threads: 1,
                plan: ConvolutionPlan(
                    ["conv1": .im2col, "conv2": .im2col], isLayerByLayer: true)),
            "training 10 parameters on 20 images, 1 thread\nconvolutions: im2col, im2col\n"
        ),
        (
            .stoppedEarly(epoch: 21, bestEpoch: 14),
            "stopped after epoch 21: no improvement since epoch 14\n"
        ),
        (.interrupted(epoch: 3, batch: 120), "interrupted in epoch 3 after batch 120\n"),
        (.restoredBest(epoch: 14), "the weights are those of epoch 14, the best\n"),
    ])
    func otherEventsAreLines(event: TrainingEvent, text: String) {
        let fake = FakeConsole(isTerminal: false)
        TrainingProgressPrinter(console: fake.console).handle(event)
        #expect(fake.takeOutput() == text)
    }
}

@Suite struct DownloadProgressPrinterTests {
    @Test func liveLineTellsAmountRateAndRemainingTime() {
        let fake = FakeConsole(isTerminal: true, width: 90)
        let printer = DownloadProgressPrinter(console: fake.console)
        printer.update(name: "t10k.gz", receivedBytes: 1_000_000, totalBytes: 10_000_000)
        _ = fake.takeOutput()
        fake.advance(2)
        // Resumed at 1 MB: 4 MB in 2 s.
        printer.update(name: "t10k.gz", receivedBytes: 5_000_000, totalBytes: 10_000_000)
        #expect(
            fake.takeOutput() == eraseLine + "t10k.gz  " + String(repeating: "#", count: 16)
                + String(repeating: ".", count: 16) + "  50 %  5.0 MB of 10.0 MB  2.0 MB/s  ETA 3 s"
        )
        fake.advance(2)
        printer.finish(name: "t10k.gz", byteCount: 10_000_000)
        #expect(fake.takeOutput() == eraseLine + "downloaded t10k.gz, 10.0 MB in 4.0 s\n")
    }

    @Test func withoutATotalThereIsNoBar() {
        let fake = FakeConsole(isTerminal: true)
        let printer = DownloadProgressPrinter(console: fake.console)
        printer.update(name: "t10k.gz", receivedBytes: 0, totalBytes: nil)
        #expect(fake.takeOutput() == eraseLine + "t10k.gz  0 B  0 B/s")
        printer.cancel()
        #expect(fake.takeOutput() == eraseLine)
    }

    @Test func logsGetFewLines() {
        let fake = FakeConsole(isTerminal: false)
        let printer = DownloadProgressPrinter(console: fake.console)
        for step in 0...40 {
            printer.update(name: "a.gz", receivedBytes: step * 1000, totalBytes: 40_000)
            fake.advance(1)
        }
        printer.finish(name: "a.gz", byteCount: 40_000)
        let lines = fake.takeOutput().split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines[0] == "downloading a.gz  10.0 kB of 40.0 kB  1.0 kB/s  ETA 30 s")
        #expect(lines[4] == "downloaded a.gz, 40.0 kB in 41.0 s")
    }
}
