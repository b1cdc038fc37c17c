import Foundation
import RunFacts
import Testing

@testable import Reports

/// The page of a run: what it says, what it leaves out, and that nothing can break it.
@Suite struct RunReportTests {
    private func emptyReport(
        status: RunStatus = .succeeded, failure: String? = nil
    ) -> RunReport {
        RunReport(
            id: "20261121-fast", job: "train", status: status, started: "today",
            durationSeconds: 192, failure: failure)
    }

    private static let perClass = [
        ClassScores(name: "zero", precision: 0.9914, recall: 0.9925, f1: 0.9936, support: 1_203),
        ClassScores(name: "one", precision: nil, recall: 0, f1: .nan, support: 0),
    ]

    private static let calibration = [
        CalibrationBin(lower: 0, upper: 0.5, count: 0, meanConfidence: nil, accuracy: nil),
        CalibrationBin(lower: 0.5, upper: 1, count: 1_203, meanConfidence: 0.97, accuracy: 0.99),
    ]

    private func evaluatedSet(_ name: String) throws -> EvaluatedSet {
        try EvaluatedSet(
            name: name, facts: [Fact("Log loss", "0.0187")], classNames: ["zero", "one"],
            counts: [[1_194, 9], [0, 0]], perClass: Self.perClass,
            calibrationBins: Self.calibration, expectedCalibrationError: 0.0123,
            mistakes: [
                Mistake(
                    png: [1, 2, 3], actual: "zero", predicted: "one", confidence: 0.7, index: 8),
                Mistake(png: [], actual: "zero", predicted: "one", confidence: 0.9, index: 1_024),
            ])
    }

    private let deployment = ReportedDeployment(
        outcome: .refused, strategy: "automatic", people: [Fact("Run by", "ada")],
        time: "21 November 2026, 10:15 UTC", reason: "2 thresholds aren't met",
        model: "net.safetensors (0123456789ab)", gate: "not met",
        checks: [
            .init(
                rule: "accuracy_threshold", value: "85.00%", threshold: "≥ 90.00%", passed: false,
                reason: "accuracy 0.85 is under 0.9"),
            .init(
                rule: "log_loss_threshold", value: nil, threshold: "≤ 0.0500", passed: true,
                reason: "fine"),
        ],
        incumbent: .init(
            name: "old.safetensors", digest: "ba9876543210", strategy: "manual",
            comparison: "accuracy 85.00% against 91.00%"))

    private func fullReport() throws -> RunReport {
        var report = emptyReport()
        report.facts = [Fact("Test accuracy", "99.25%"), Fact("Parameters", "887,530")]
        report.learningCurve = try LearningCurveFigure(
            epochs: [.init(number: 1, trainLoss: 0.5), .init(number: 2, trainLoss: 0.25)])
        report.sets = [try evaluatedSet("test"), try evaluatedSet("validation")]
        report.deployment = deployment
        report.stages = [
            StageTiming(name: "data", seconds: 10, outcome: .reused(run: "earlier-run")),
            StageTiming(name: "training", seconds: 40, outcome: .made),
            StageTiming(name: "deployment", seconds: .nan, outcome: .failed(message: "no gate")),
            StageTiming(name: "inference", outcome: .skipped(reason: "no model")),
        ]
        report.checks = [
            ReportedCheck(
                asset: "split", name: "balanced", severity: .warning, passed: false,
                evidence: [Fact("smallest share", "9.0%")]),
            ReportedCheck(asset: "model", name: "finite", severity: .blocking, passed: true),
        ]
        report.lineage = try LineageFigure(
            nodes: [
                LineageNode(asset: "digits", version: "77b0", artifact: "1e0b", run: nil),
                LineageNode(
                    asset: "model", version: "d9f8", artifact: "7a8f", run: "20261121-fast",
                    inputs: ["digits"], metadata: [Fact("epochs", "8")]),
            ], run: "20261121-fast")
        report.config = [
            ReportedConfigSection(
                name: "optimizer settings",
                entries: [
                    .init(key: "learning_rate", value: "0.01", differsFromDefault: true),
                    .init(key: "momentum", value: "0.9"),
                ])
        ]
        report.environment = [Fact("processor", "two cores")]
        return report
    }

    // MARK: - What it says

    @Test func everyValueIsShown() throws {
        let reader = PageReader(try fullReport().html)
        for shown in [
            "20261121-fast", "✓ succeeded", "Job: train", "Started today", "Took 3 min 12 s",
            "Test accuracy", "99.25%", "887,530", "Learning curves", "Log loss", "0.0187",
            "Confusion matrix", "1,194", "9 errors", "Expected calibration error 1.2%", "#1024",
            "earlier-run", "no gate", "no model", "balanced", "smallest share", "9.0%",
            "optimizer settings", "One value differs", "two cores", "Run 20261121-fast",
        ] { #expect(reader.text.contains(shown), "\(shown)") }
        #expect(
            reader.texts("h2") == [
                "Training", "Evaluation: test", "Evaluation: validation", "Deployment", "Stages",
                "Checks", "Lineage", "Configuration", "Environment",
            ])
        #expect(reader.texts("a") == ["Overview"] + reader.texts("h2"))
        #expect(reader.texts("title").first == "20261121-fast")
    }

    @Test func tablesHoldTheirValues() throws {
        let reader = PageReader(try fullReport().html)
        #expect(
            reader.table("Scores by class").dropFirst() == [
                ["zero", "99.14%", "99.25%", "99.36%", "1,203"], ["one", "–", "0.00%", "–", "0"],
            ])
        #expect(
            reader.table("Time by stage, 50.0 s in all").dropFirst() == [
                ["data", "cached from earlier-run", "10.0 s", ""],
                ["training", "built", "40.0 s", ""],
                ["deployment", "failed no gate", "–", ""],
                ["inference", "skipped no model", "–", ""],
            ])
        #expect(
            reader.classed("track").count == 2
                && reader.elements.compactMap { $0.attributes["style"] }.filter {
                    !$0.hasPrefix("max")
                }
                    == ["width: 25.0%", "width: 100.0%"]
        )
        #expect(
            reader.table("Failed").dropFirst() == [
                ["balanced", "split", "✕ failed", "warning", "smallest share 9.0%"]
            ])
        #expect(
            reader.table("Passed").dropFirst() == [
                ["finite", "model", "✓ passed", "blocking", ""]
            ])
        #expect(
            reader.table("Assets and what they were built from").dropFirst() == [
                ["digits", "77b0", "1e0b", "outside", "–"],
                ["model", "d9f8", "7a8f", "this run", "digits"],
            ])
        #expect(reader.text.contains("epochs\n8") || reader.text.contains("epochs8"))
        #expect(
            reader.table("optimizer settings").dropFirst() == [
                ["learning_rate", "0.01 changed"], ["momentum", "0.9"],
            ])
    }

    @Test func mistakesAreShownTheMostConfidentFirst() throws {
        var report = emptyReport()
        report.sets = [try evaluatedSet("test")]
        let reader = PageReader(report.html)
        let cards = reader.all("li").map(\.text).filter { $0.contains("taken for") }
        #expect(
            cards == [
                "no picturezero taken for one90.0% · #1024", "zero taken for one70.0% · #8",
            ])
        #expect(
            reader.all("img").map { $0.attributes["src"] } == ["data:image/png;base64,AQID"])
        #expect(reader.text.contains("2 of 9 mistakes, the most confident first"))
    }

    @Test func aFailureIsToldInItsLines() {
        let reader = PageReader(
            emptyReport(status: .failed, failure: "epoch 3: loss nan\nlearning rate 10").html)
        #expect(reader.text.contains("✕ failed"))
        #expect(
            reader.classed("failure").map(\.text) == ["epoch 3: loss nanlearning rate 10"])
        #expect(reader.all("br").count == 1)
    }

    @Test func theDeploymentHasARowForEachThreshold() throws {
        var report = emptyReport()
        report.deployment = deployment
        let reader = PageReader(report.html)
        for shown in [
            "✕ refused", "automatic", "Run by", "ada", "21 November 2026, 10:15 UTC",
            "2 thresholds aren't met", "net.safetensors (0123456789ab)", "Kept",
            "old.safetensors (ba9876543210)", "deployed by manual",
            "accuracy 85.00% against 91.00%",
        ] { #expect(reader.text.contains(shown), "\(shown)") }
        #expect(
            reader.table("Gate: 1 of 2 thresholds met").dropFirst() == [
                [
                    "accuracy_threshold", "✕ failed", "85.00%", "≥ 90.00%",
                    "accuracy 0.85 is under 0.9",
                ], ["log_loss_threshold", "✓ passed", "–", "≤ 0.0500", "fine"],
            ])
    }

    @Test func theTitleStandsAboveTheRun() {
        var report = emptyReport()
        report.title = "DigitCNN on mnist: 99.43% test accuracy"
        let reader = PageReader(report.html)
        #expect(reader.texts("h1") == ["DigitCNN on mnist: 99.43% test accuracy"])
        #expect(
            reader.texts("title").first
                == "DigitCNN on mnist: 99.43% test accuracy · 20261121-fast")
        #expect(reader.text.contains("Run 20261121-fast"))
    }

    // MARK: - How it fits screens

    /// A phone shows a row of words as labels and values, and a figure as it was drawn for it.
    @Test func tablesOfWordsStackAndFiguresHaveANarrowForm() throws {
        let report = try fullReport()
        let reader = PageReader(report.html)
        for caption in ["Passed", "Gate: 1 of 2 thresholds met"] {
            let cards = reader.all("div").filter { $0.attributes["aria-label"] == caption }
            #expect(cards.count == 1)
            #expect(cards.allSatisfy { $0.attributes["class"]!.contains("stacks") }, "\(caption)")
        }
        for cell in reader.all("td") where cell.attributes["role"] == "cell" {
            #expect(cell.attributes["data-label"]?.isEmpty == false, "\(cell.text)")
        }
        // All but the lineage, which is scrolled.
        #expect(reader.classed("on-narrow").count == reader.all("figure").count - 1)
        for picture in reader.all("svg") where picture.attributes["width"] != nil {
            let width = try #require(Double(picture.attributes["width"]!))
            let isNarrow = width <= FigureWidth.narrowWidth
            #expect(isNarrow || width > 400, "\(width)")
        }
        let narrow = reader.all("svg").filter {
            Double($0.attributes["width"]!)! <= FigureWidth.narrowWidth
        }
        #expect(narrow.count == reader.classed("on-narrow").count)
        let set = report.sets[0]
        for svg in [
            set.confusionMatrix?.narrowSVG, set.perClass?.narrowSVG, set.reliability?.narrowSVG,
            report.learningCurve?.narrowSVG,
        ] {
            let picture = SVGReader(try #require(svg))
            expectWithinPicture(picture) { textWidth($0, size: $1) }
            #expect(picture.all("text").allSatisfy { $0.number("font-size") >= 10 })
        }
    }

    /// What is looked up rarely is closed; a page is opened for what isn't.
    @Test func longPartsAreClosed() throws {
        let reader = PageReader(try fullReport().html)
        #expect(reader.all("details").allSatisfy { $0.attributes["open"] == nil })
        #expect(
            reader.texts("summary") == [
                "Figures and scores by class", "1 of 2 checks passed", "Versions and artifacts",
                "Metadata", "All 2 values", "Program, machine and tags",
            ])
    }

    /// `data_sou` and `rce` in two lines aren't a name.
    @Test func namesBreakOnlyAtUnderscores() throws {
        let html = try fullReport().html
        #expect(html.contains(">learning_<wbr/>rate<") && html.contains("accuracy_<wbr/>threshold"))
        let css = try #require(PageReader(html).texts("style").first)
        #expect(css.contains("border-top: 1px solid var(--line); overflow-wrap: break-word; }"))
        #expect(css.contains(".pairs dt { color: var(--muted); overflow-wrap: break-word; }"))
        #expect(!css.contains("nowrap") || !css.contains("tbody th code { white-space: nowrap"))
    }

    // MARK: - What it leaves out

    @Test(arguments: RunStatus.allCases)
    func aRunWithoutResultsHasNoSections(status: RunStatus) {
        let reader = PageReader(emptyReport(status: status).html)
        #expect(reader.text.contains(status.rawValue))
        #expect(reader.all("section").isEmpty && reader.all("h2").isEmpty)
        #expect(reader.all("figure").isEmpty && reader.all("table").isEmpty)
        #expect(reader.classed("failure").isEmpty && reader.classed("tiles").isEmpty)
    }

    @Test func aRunThatStillRunsHasNoDuration() {
        let running = RunReport(id: "now", job: "train", status: .running, started: "")
        let text = PageReader(running.html).text
        #expect(!text.contains("Took") && !text.contains("Started"))
    }

    @Test func partsOfASetAreLeftOut() throws {
        var report = emptyReport()
        report.sets = [try EvaluatedSet(name: "test", facts: [Fact("Accuracy", "99%")])]
        report.config = [ReportedConfigSection(name: "nothing", entries: [])]
        let reader = PageReader(report.html)
        #expect(reader.texts("h2") == ["Evaluation: test"])
        #expect(reader.all("svg").isEmpty && !reader.text.contains("Mistakes"))
    }

    @Test func aSetWithoutMistakesSaysSo() throws {
        var report = emptyReport()
        report.sets = [
            try EvaluatedSet(name: "test", classNames: ["a", "b"], counts: [[4, 0], [0, 0]])
        ]
        let reader = PageReader(report.html)
        #expect(reader.text.contains("No errors") && !reader.text.contains("Mistakes"))
    }

    // MARK: - What can't break it

    @Test func hostileTextStaysText() throws {
        let evil = hostileText
        var report = RunReport(
            id: evil, job: evil, status: .failed, started: evil, failure: evil)
        report.facts = [Fact(evil, evil)]
        report.learningCurve = try LearningCurveFigure(epochs: [.init(number: 1)], title: evil)
        report.sets = [
            try EvaluatedSet(
                name: evil, facts: [Fact(evil, evil)], classNames: [evil, "b"],
                counts: [[1, 2], [3, 4]],
                perClass: [
                    ClassScores(name: evil, precision: 1, recall: 1, f1: 1, support: 3)
                ],
                mistakes: [
                    Mistake(
                        png: [0], actual: evil, predicted: evil, confidence: .nan, index: 0)
                ])
        ]
        report.stages = [
            StageTiming(name: evil, outcome: .skipped(reason: evil)),
            StageTiming(name: evil, outcome: .failed(message: evil)),
            StageTiming(name: evil, outcome: .reused(run: evil)),
        ]
        report.checks = [
            ReportedCheck(
                asset: evil, name: evil, severity: .blocking, passed: false,
                evidence: [Fact(evil, evil)])
        ]
        report.lineage = try LineageFigure(
            nodes: [
                LineageNode(
                    asset: evil, version: evil, artifact: evil, run: evil, inputs: ["x\(evil)"],
                    metadata: [Fact(evil, evil)])
            ], run: "run")
        report.config = [
            ReportedConfigSection(
                name: evil, entries: [.init(key: evil, value: evil, differsFromDefault: true)])
        ]
        report.environment = [Fact(evil, evil)]
        report.title = evil
        report.deployment = ReportedDeployment(
            outcome: .deployed, strategy: evil, people: [Fact(evil, evil)], time: evil,
            reason: evil, model: evil, gate: evil,
            checks: [.init(rule: evil, value: evil, threshold: evil, passed: true, reason: evil)],
            incumbent: .init(name: evil, digest: evil, strategy: evil, comparison: evil))
        let reader = PageReader(report.html)
        #expect(reader.texts("h1") == [hostileTextShown])
        // Each place that shows it in full shows it as it is.
        #expect(reader.text.ranges(of: hostileTextShown).count >= 50)
    }

    @Test func longNamesAndManyPartsFit() throws {
        let long = String(repeating: "averylongname", count: 20)
        var report = emptyReport()
        report.id = long
        report.facts = (0..<40).map { Fact("\(long) \($0)", long) }
        let names = (0..<30).map { "\(long) \($0)" }
        report.sets = [
            try EvaluatedSet(
                name: long, classNames: names,
                counts: names.map { _ in names.map { _ in 1 } },
                perClass: names.map {
                    ClassScores(name: $0, precision: 0.5, recall: nil, f1: 1, support: 30)
                })
        ]
        #expect(PageReader(report.html).all("figure").count == 2)
    }

    @Test func aSetIsRefusedWithItsFigures() {
        #expect(throws: FigureError.nameCount(expected: 1, got: 0)) {
            try EvaluatedSet(name: "test", counts: [[1]])
        }
        #expect(throws: FigureError.shareRange(what: "recall of a", value: 1.5)) {
            try EvaluatedSet(
                name: "test",
                perClass: [ClassScores(name: "a", precision: 1, recall: 1.5, f1: 1, support: 1)])
        }
    }

    @Test func durationsReadAsPeopleSayThem() {
        let texts = [0, 0.421, 9.996, 12.34, 59.96, 192, 7_530, .nan, -1, .infinity]
            .map(NumberText.duration)
        #expect(
            texts == [
                "0.00 s", "0.42 s", "10.0 s", "12.3 s", "1 min 0 s", "3 min 12 s", "2 h 5 min",
                "–", "–", "–",
            ])
    }
}
