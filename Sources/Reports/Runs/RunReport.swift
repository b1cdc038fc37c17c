import RunFacts

/// All that one page about a training run shows.
///
/// Sections whose values are missing or empty are left out.
public struct RunReport: Equatable, Sendable {
    public var id: String
    /// What the page is about, such as the data, the model and its accuracy; nil leaves it to the id.
    public var title: String?
    /// What the run was asked to do.
    public var job: String
    public var status: RunStatus
    /// When it started, as it is to be read.
    public var started: String
    /// Wall clock; nil while it runs.
    public var durationSeconds: Double?
    /// Why it ended early; line breaks are kept.
    public var failure: String?
    /// Headline figures, the most important first.
    public var facts: [Fact] = []
    public var learningCurve: LearningCurveFigure?
    public var sets: [EvaluatedSet] = []
    public var deployment: ReportedDeployment?
    public var stages: [StageTiming] = []
    public var checks: [ReportedCheck] = []
    public var lineage: LineageFigure?
    public var config: [ReportedConfigSection] = []
    public var environment: [Fact] = []

    public init(
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
