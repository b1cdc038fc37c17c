/// All that one page which ranks runs or trials shows.
///
/// Curves and effects are left out where there are none.
public struct ComparisonReport: Equatable, Sendable {
    public var title: String
    /// What is compared, in a sentence.
    public var summary: String
    /// Headline figures, the most important first.
    public var facts: [Fact] = []
    /// The metric by which rows are ranked.
    public var metric: ComparedMetric
    public var otherMetrics: [ComparedMetric]
    /// The parameters that vary.
    public var parameters: [String]
    /// In any order.
    public var rows: [ComparedRun]
    public var curves: ComparisonCurvesFigure?
    public var effects: [ParameterEffectFigure] = []

    public init(
        title: String, summary: String = "", metric: ComparedMetric,
        otherMetrics: [ComparedMetric] = [], parameters: [String] = [], rows: [ComparedRun]
    ) {
        self.title = title
        self.summary = summary
        self.metric = metric
        self.otherMetrics = otherMetrics
        self.parameters = parameters
        self.rows = rows
    }
}

/// One run, or the runs of one trial with several seeds.
public struct ComparedRun: Equatable, Sendable {
    public let name: String
    /// Values of the parameters that vary, in the order of `ComparisonReport.parameters`; missing
    /// ones are shown as a dash.
    public let parameters: [String]
    public let seedCount: Int
    /// The metric that ranks; nil if the run has none, say because it failed.
    public let score: Estimate?
    /// Rows of a higher stage are ranked above others, whatever their scores, such as trainings that came
    /// to their end above those that a sweep dropped.
    public let stage: Int
    /// Among equal scores the higher one is ranked first; nil for none.
    public let tieBreak: Double?
    /// In the order of `ComparisonReport.otherMetrics`; missing ones are shown as a dash.
    public let others: [Estimate?]
    /// Wall clock of all its seeds; nil if unknown.
    public let seconds: Double?
    /// Such as `failed: loss not finite`; empty if there is nothing to say.
    public let note: String

    public init(
        name: String, parameters: [String] = [], seedCount: Int = 1, score: Estimate?,
        stage: Int = .max, tieBreak: Double? = nil, others: [Estimate?] = [],
        seconds: Double? = nil, note: String = ""
    ) {
        self.name = name
        self.parameters = parameters
        self.seedCount = seedCount
        self.score = score
        self.stage = stage
        self.tieBreak = tieBreak
        self.others = others
        self.seconds = seconds
        self.note = note
    }
}
