import Foundation

extension EvaluationReport {
    /// Measures everything in one call; the class of highest probability is the prediction.
    ///
    /// - Parameter labels: `[N]`, each in 0 ..< K.
    /// - Parameter probabilities: `[N, K]`, row-major.
    /// - Parameter classNames: `[K]`.
    /// - Parameter topK: which k to report; those of K or more are 1, with a warning. By default
    ///   2, 3 and 5, as far as they are less than K.
    /// - Throws: `MetricsError` for arrays that don't fit together, labels outside the classes,
    ///   and rows that aren't probabilities summing to 1.
    public init(
        labels: [Int], probabilities: [Float], classNames: [String], topK: [Int]? = nil,
        calibrationBins: Int = 15, zeroDivision: ZeroDivision = .warn
    ) throws {
        let samples = try LabelledProbabilities(
            labels: labels, probabilities: probabilities, classCount: classNames.count)
        try self.init(
            samples, classNames: classNames, topK: topK, calibrationBins: calibrationBins,
            zeroDivision: zeroDivision)
    }

    /// The same from samples that are checked already, which double precision comes by.
    ///
    /// - Throws: `MetricsError.classNameCount` as well.
    public init(
        _ samples: LabelledProbabilities, classNames: [String], topK: [Int]? = nil,
        calibrationBins: Int = 15, zeroDivision: ZeroDivision = .warn
    ) throws {
        guard classNames.count == samples.classCount else {
            throw MetricsError.classNameCount(expected: samples.classCount, got: classNames.count)
        }
        let matrix = try ConfusionMatrix(
            labels: samples.labels, predictions: samples.predictions,
            classCount: samples.classCount)
        let scores = ClassificationScores(
            matrix, classes: matrix.classes, zeroDivision: zeroDivision)
        let balanced = matrix.balancedAccuracy
        guard let accuracy = matrix.accuracy, let balancedValue = balanced.value else {
            throw MetricsError.empty
        }
        let ks = topK ?? [2, 3, 5].filter { $0 < samples.classCount }
        let topKResults = try Dictionary(
            ks.map { ($0, try samples.topKAccuracy($0)) }, uniquingKeysWith: { first, _ in first })
        let (loss, auc) = (samples.logLoss(), try samples.rocAUC())
        let kappas = KappaWeights.allCases.map { matrix.cohenKappa($0) }

        sampleCount = samples.sampleCount
        self.classNames = classNames
        self.accuracy = accuracy
        accuracyInterval95 = try WilsonInterval(
            successes: matrix.correctCount, trials: samples.sampleCount)
        balancedAccuracy = balancedValue
        perClass = Self.rows(classNames, scores, matrix, auc)
        microAverage = scores.micro
        macroAverage = scores.macro
        weightedAverage = scores.weighted
        self.zeroDivision = zeroDivision
        confusionMatrix = matrix
        normalizedConfusionMatrix = NormalizedConfusionMatrix(matrix)
        topKAccuracy = topKResults.mapValues(\.value)
        logLoss = loss.value
        rocAUC = AveragedROCAUC(macro: auc.macro, weighted: auc.weighted)
        cohenKappa = CohenKappa(
            unweighted: kappas[0].value, linear: kappas[1].value, quadratic: kappas[2].value)
        matthewsCorrelation = matrix.matthewsCorrelation
        expectedCalibrationError = try samples.expectedCalibrationError(bins: calibrationBins)
        calibrationBinCount = calibrationBins
        self.calibrationBins = try samples.calibrationBins(calibrationBins)
        classificationReport = try scores.reportText(classNames: classNames)
        // The three kappas are undefined together, for one reason.
        warnings =
            balanced.warnings + scores.warnings + Self.undefinedScores(scores, matrix)
            + topKResults.sorted { $0.key < $1.key }.flatMap(\.value.warnings)
            + loss.warnings + auc.warnings + kappas[0].warnings
    }

    private static func rows(
        _ names: [String], _ scores: ClassificationScores, _ matrix: ConfusionMatrix, _ auc: ROCAUC
    ) -> [ClassEvaluation] {
        let predicted = matrix.predictedCounts
        return names.indices.map {
            ClassEvaluation(
                name: names[$0], scores: scores.perClass[$0], predictedCount: predicted[$0],
                rocAUC: auc.perClass[$0])
        }
    }

    /// Reasons for the nulls that `ZeroDivision.nan` asks for.
    private static func undefinedScores(
        _ scores: ClassificationScores, _ matrix: ConfusionMatrix
    ) -> [MetricWarning] {
        func warning(
            _ metric: String, _ path: KeyPath<PrecisionRecallF1, Double?>, _ lacking: String
        ) -> MetricWarning? {
            let classes = scores.classes.filter { scores.perClass[$0][keyPath: path] == nil }
            return classes.isEmpty
                ? nil
                : MetricWarning(
                    metric: metric, classes: classes, reason: "undefined: \(lacking) samples")
        }
        return [
            warning("precision", \.precision, "no predicted"),
            warning("recall", \.recall, "no true"),
            warning("f1", \.f1, "no true nor predicted"),
        ].compactMap { $0 }
    }

    // MARK: - JSON

    /// The report as JSON: keys sorted, indented, ending in a newline.
    public func jsonData() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    /// - Throws: `DecodingError` or `MetricsError` if `data` isn't such a report.
    public init(jsonData data: Data) throws {
        self = try JSONDecoder().decode(EvaluationReport.self, from: data)
    }
}
