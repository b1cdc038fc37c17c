import Datasets
import Foundation
import Metrics
import Orchestration
import Reports
import Training

extension RunReport {
    /// What the store has of a run, as a page.
    ///
    /// - Parameters:
    ///   - cache: where downloaded data is kept, for the pictures of the mistakes. They are left out,
    ///     with a note, where the data isn't there any more.
    ///   - observer: hears such notes.
    /// - Throws: `StoreError`, `ArtifactError`, `FigureError`.
    package init(
        of details: RunDetails, in store: RunStore, cache: URL,
        observer: @escaping PipelineObserver = { _ in }
    ) throws {
        let run = details.run
        self.init(
            id: run.id, title: RunTitle(details: details).text, job: run.job,
            status: run.status, started: ReportText.minute(run.startedAt),
            durationSeconds: run.seconds, failure: run.failure)
        let source = RunReportSource(
            details: details, store: store, cache: cache, observer: observer)
        facts = source.facts
        learningCurve = try source.learningCurve()
        sets = try source.sets()
        deployment = try source.deployment()
        stages = try source.stages()
        checks = try source.checks()
        lineage = try source.lineage()
        config = source.config
        environment = (Array(run.tags) + Array(run.environment)).sorted { $0.key < $1.key }
            .map { Fact($0.key, $0.value) }
    }
}

/// Takes the parts of a page from the store.
struct RunReportSource {
    let details: RunDetails
    let store: RunStore
    let cache: URL
    let observer: PipelineObserver

    /// The most mistakes that are shown.
    private static let mistakeLimit = 24

    // MARK: - Figures

    var facts: [Fact] {
        func percent(_ label: String, _ fact: AssetFact<Double>) -> Fact? {
            details[fact].map { Fact(label, ReportText.percent($0)) }
        }
        func count(_ label: String, _ fact: AssetFact<Int>) -> Fact? {
            details[fact].map { Fact(label, count: $0) }
        }
        return [
            percent("Test accuracy", EvaluationFacts.test.accuracy),
            percent("Validation accuracy", EvaluationFacts.validation.accuracy),
            count("Mistakes", EvaluationFacts.mistakes),
            count("Parameters", ModelFacts.parameterCount),
            details[ModelFacts.trainingSeconds].map { Fact("Training", seconds: $0) },
            details[DeploymentFacts.outcome].map { Fact("Deployment", $0) },
            details[RawDataFacts.dataset].map { Fact("Data", $0) },
        ].compactMap { $0 }
    }

    func learningCurve() throws -> LearningCurveFigure? {
        try LearningCurveFigure(TrainingCurve(of: details.run.id, in: store))
    }

    func deployment() throws -> ReportedDeployment? {
        try details[.deployment].map {
            try DeploymentReportSource(made: $0, home: store.home, observer: observer).deployment()
        }
    }

    // MARK: - Evaluation

    func sets() throws -> [EvaluatedSet] {
        guard let artifact = details[.evaluation]?.artifact else { return [] }
        let evaluation = try ArtifactStore(home: store.home).read(
            artifact, as: Evaluation.init(artifact:))
        let pictures = mistakes(evaluation)
        var sets = [
            try set(
                "validation", evaluation.validation,
                evaluation.test == nil ? pictures : [])
        ]
        if let test = evaluation.test { sets.insert(try set("test", test, pictures), at: 0) }
        return sets
    }

    private func set(
        _ name: String, _ report: EvaluationReport, _ mistakes: [Reports.Mistake]
    ) throws -> EvaluatedSet {
        try EvaluatedSet(
            name: name,
            facts: [
                Fact("Accuracy", ReportText.percent(report.accuracy)),
                Fact(
                    "95% interval",
                    "\(ReportText.percent(report.accuracyInterval95.lower)) to "
                        + ReportText.percent(report.accuracyInterval95.upper)),
                Fact("Log loss", String(format: "%.4f", report.logLoss)),
                Fact("Macro F1", report.macroAverage.f1.map(ReportText.percent) ?? "undefined"),
                Fact("Calibration error", ReportText.percent(report.expectedCalibrationError)),
                Fact("Samples", count: report.sampleCount),
            ], classNames: report.classNames, counts: report.confusionMatrix.counts,
            perClass: report.perClass.map {
                ClassScores(
                    name: $0.name, precision: $0.precision, recall: $0.recall, f1: $0.f1,
                    support: $0.support)
            },
            calibrationBins: Self.bars(report.calibrationBins),
            expectedCalibrationError: report.expectedCalibrationError, mistakes: mistakes)
    }

    /// A confidence of exactly 1, which is a bin of its own, belongs to the last bar.
    private static func bars(_ bins: [Metrics.CalibrationBin]) -> [Reports.CalibrationBin] {
        let certain = bins.last { $0.lower == $0.upper }
        let bars = bins.filter { $0.lower < $0.upper }
        return bars.enumerated().map { index, bin in
            let extra = index == bars.count - 1 ? certain : nil
            let count = bin.count + (extra?.count ?? 0)
            func mean(_ sum: Double) -> Double? { count > 0 ? sum / Double(count) : nil }
            return Reports.CalibrationBin(
                lower: bin.lower, upper: bin.upper, count: count,
                meanConfidence: mean(bin.confidenceSum + (extra?.confidenceSum ?? 0)),
                accuracy: mean(Double(bin.hitCount + (extra?.hitCount ?? 0))))
        }
    }

    /// The most confident ones, with their pictures; none without the data.
    private func mistakes(_ evaluation: Evaluation) -> [Reports.Mistake] {
        guard !evaluation.mistakes.isEmpty else { return [] }
        do {
            let config = try RunConfig(of: details.run)
            let dataset = try DatasetLoader(config.data, cache: cache, observer: observer)
                .load(config.data.source)
            guard PreparedData.digest(dataset.digests) == dataDigest else {
                throw PipelineError.dataChanged(dataset: dataset.name, source: dataset.source)
            }
            let validation = dataset.validation ?? dataset.train
            let set = evaluation.test == nil ? validation : dataset.test ?? validation
            return try evaluation.mistakes.prefix(Self.mistakeLimit).map { mistake in
                Reports.Mistake(
                    png: [UInt8](try set.png(at: mistake.index)),
                    actual: set.classNames[mistake.label],
                    predicted: set.classNames[mistake.prediction], confidence: mistake.confidence,
                    index: mistake.index)
            }
        } catch {
            observer(.note("the mistakes' pictures are left out: \(error)"))
            return []
        }
    }

    private var dataDigest: String? { details[RawDataFacts.digest] }

    var config: [ReportedConfigSection] {
        let values = details.run.config
        let defaults = RunConfig(recipe: RunConfig.recipe(of: values)).values
        return ConfigSchema.sections.map { section in
            ReportedConfigSection(
                name: section.title,
                entries: section.keys.compactMap { key in
                    values[key.name].map {
                        ReportedConfigSection.Entry(
                            key: key.name, value: $0,
                            differsFromDefault: $0 != defaults[key.name])
                    }
                })
        }
    }
}
