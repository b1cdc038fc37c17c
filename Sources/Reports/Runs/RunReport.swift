import RunFacts

/// All that one page about a training run shows.
///
/// Sections whose values are missing or empty are left out.
package struct RunReport: Equatable, Sendable {
    package var id: String
    /// What the page is about, such as the data, the model and its accuracy; nil leaves it to the id.
    package var title: String?
    /// What the run was asked to do.
    package var job: String
    package var status: RunStatus
    /// When it started, as it is to be read.
    package var started: String
    /// Wall clock; nil while it runs.
    package var durationSeconds: Double?
    /// Why it ended early; line breaks are kept.
    package var failure: String?
    /// Headline figures, the most important first.
    package var facts: [Fact] = []
    package var learningCurve: LearningCurveFigure?
    package var sets: [EvaluatedSet] = []
    package var deployment: ReportedDeployment?
    package var stages: [StageTiming] = []
    package var checks: [ReportedCheck] = []
    package var lineage: LineageFigure?
    package var config: [ReportedConfigSection] = []
    package var environment: [Fact] = []

    package init(
        id: String, title: String? = nil, job: String, status: RunStatus, started: String,
        durationSeconds: Double? = nil, failure: String? = nil
    ) {
        self.id = id
        self.title = title
        self.job = job
        self.status = status
        self.started = started
        self.durationSeconds = durationSeconds
        self.failure = failure
    }
}
