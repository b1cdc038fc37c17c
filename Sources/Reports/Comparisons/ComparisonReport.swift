/// All that one page which ranks runs or trials shows.
///
/// Curves and effects are left out where there are none.
package struct ComparisonReport: Equatable, Sendable {
    package var title: String
    /// What is compared, in a sentence.
    package var summary: String
    /// Headline figures, the most important first.
    package var facts: [Fact] = []
    /// The metric by which rows are ranked.
    package var metric: ComparedMetric
    package var otherMetrics: [ComparedMetric]
    /// The parameters that vary.
    package var parameters: [String]
    /// In any order.
    package var rows: [ComparedRun]
    package var curves: ComparisonCurvesFigure?
    package var effects: [ParameterEffectFigure] = []

    package init(
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
package struct ComparedRun: Equatable, Sendable {
    package let name: String
    /// Values of the parameters that vary, in the order of `ComparisonReport.parameters`; missing
    /// ones are shown as a dash.
    package let parameters: [String]
    package let seedCount: Int
    /// The metric that ranks; nil if the run has none, say because it failed.
    package let score: Estimate?
    /// Rows of a higher stage are ranked above others, whatever their scores, such as trainings that came
    /// to their end above those that a sweep dropped.
    package let stage: Int
    /// Among equal scores the higher one is ranked first; nil for none.
    package let tieBreak: Double?
    /// In the order of `ComparisonReport.otherMetrics`; missing ones are shown as a dash.
    package let others: [Estimate?]
    /// Wall clock of all its seeds; nil if unknown.
    package let seconds: Double?
    /// Such as `failed: loss not finite`; empty if there is nothing to say.
    package let note: String

    package init(
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
