import Datasets
import Foundation

/// Scores files, folders and IDX files with a classifier, a batch at a time.
///
/// A batch is decoded in parallel, scored in one call and emitted in input order before the next
/// one is read: memory doesn't grow with the number of files.
public struct BatchScorer {
    /// How to score.
    public struct Options: Sendable {
        /// Pictures scored in one call.
        public var batchSize = 256
        /// Labels in a row, best first.
        public var topK = 3
        /// Confidence in [0, 1] under which a row is marked; nil marks none.
        public var threshold: Float?
        /// Which of digit and sheet is the lighter; of digits alone.
        public var polarity = Polarity.automatic
        /// Threads that decode.
        public var threads = ProcessInfo.processInfo.activeProcessorCount

        public init() {}
    }

    private let classifier: any DigitClassifier
    private let classNames: [String]
    private let options: Options
    private let preparer: PicturePreparer

    /// - Throws: `ScoringError.option` for an impossible option.
    public init(classifier: any DigitClassifier, options: Options = Options()) throws {
        self.classifier = classifier
        self.options = options
        classNames = classifier.classNames
        guard classifier.imageShape.isOfPictures else {
            throw ScoringError.modelImages(classifier.imageShape)
        }
        preparer = PicturePreparer(
            shape: classifier.imageShape, polarity: options.polarity, threads: options.threads)
        try Self.check("number of classes", classNames.count, in: 1...65_536)
        try Self.check("batch-size", options.batchSize, in: 1...65_536)
        try Self.check("threads", options.threads, in: 1...1024)
        try Self.check("top-k", options.topK, in: 1...classNames.count)
        if let threshold = options.threshold { try Self.check("threshold", threshold, in: 0...1) }
        guard classifier.imageShape == .digit || options.polarity == .automatic else {
            throw ScoringError.option(
                name: "--polarity", got: options.polarity.rawValue,
                allowed: "automatic for a model of pictures in colour, which are taken as they are")
        }
    }

    /// Scores everything that `paths` lead to.
    ///
    /// - Parameter paths: files, folders (walked recursively in path order) and IDX files (plain
    ///   or gzip). What is wrong with one of them is a row; it never ends the run.
    /// - Parameter shouldStop: asked before each batch; true ends the run.
    /// - Parameter emit: takes the rows in input order.
    /// - Throws: `CancellationError` when stopped; `ScoringError` when the model's answers can't
    ///   be used; what the classifier or `emit` throws.
    public func score(
        paths: [String], shouldStop: () -> Bool = { false },
        emit: (PredictionRow) throws -> Void
    ) throws -> BatchSummary {
        try score(PictureQueue(paths), shouldStop: shouldStop, emit: emit)
    }

    /// Scores what was found before, whatever came to its folders since.
    public func score(
        inputs: [ScoringInput], shouldStop: () -> Bool = { false },
        emit: (PredictionRow) throws -> Void
    ) throws -> BatchSummary {
        try score(PictureQueue(inputs), shouldStop: shouldStop, emit: emit)
    }

    /// Scores images that are in memory; their rows' paths are `name#index`.
    public func score(
        images: IDXFile, named name: String, shouldStop: () -> Bool = { false },
        emit: (PredictionRow) throws -> Void
    ) throws -> BatchSummary {
        try score(PictureQueue(images, named: name), shouldStop: shouldStop, emit: emit)
    }

    /// The same of a data set.
    public func score(
        images: ImageSet, named name: String, shouldStop: () -> Bool = { false },
        emit: (PredictionRow) throws -> Void
    ) throws -> BatchSummary {
        try score(PictureQueue(images, named: name), shouldStop: shouldStop, emit: emit)
    }

    private func score(
        _ pictures: PictureQueue, shouldStop: () -> Bool, emit: (PredictionRow) throws -> Void
    ) throws -> BatchSummary {
        let clock = ContinuousClock()
        let start = clock.now
        var summary = BatchSummary(classNames: classNames)
        var queue = pictures
        while true {
            guard !shouldStop() else { throw CancellationError() }
            let batch = queue.next(options.batchSize)
            guard !batch.isEmpty else { break }
            for row in try rows(batch) {
                summary.count(row)
                try emit(row)
            }
        }
        summary.skipped = queue.skipped
        summary.elapsedSeconds = (clock.now - start) / .seconds(1)
        return summary
    }

    // MARK: - One batch

    private func rows(_ batch: [PendingPicture]) throws -> [PredictionRow] {
        let prepared = preparer.prepare(batch)
        let probabilities = try probabilities(of: prepared)
        var place = 0
        return try zip(batch, prepared).map { picture, outcome in
            switch outcome {
            case .failure(let reason, let isUnread):
                return PredictionRow(path: picture.path, error: reason, isUnread: isUnread)
            case .pixels(_, let preparation):
                let row = probabilities[place..<place + classNames.count]
                place += classNames.count
                return try self.row(picture.path, Array(row), preparation)
            }
        }
    }

    /// `[readable pictures, classes]`.
    private func probabilities(of prepared: [PreparedPicture]) throws -> [Float] {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(prepared.count * classifier.imageShape.count)
        var count = 0
        for case .pixels(let digit, _) in prepared {
            pixels += digit
            count += 1
        }
        guard count > 0 else { return [] }
        let probabilities = try classifier.probabilities(ofPixels: pixels, count: count)
        guard probabilities.count == count * classNames.count else {
            throw ScoringError.probabilityCount(
                got: probabilities.count, images: count, classes: classNames.count)
        }
        return probabilities
    }

    /// Equal probabilities rank by class order.
    private func row(
        _ path: String, _ probabilities: [Float], _ preparation: Preparation
    ) throws -> PredictionRow {
        for (label, value) in zip(classNames, probabilities) where !(0...1.0001).contains(value) {
            throw ScoringError.probability(path: path, label: label, got: value)
        }
        let order = probabilities.indices.sorted {
            (probabilities[$1], $0) < (probabilities[$0], $1)
        }
        let ranked = order.prefix(options.topK).map {
            RankedLabel(label: classNames[$0], probability: min(1, probabilities[$0]))
        }
        return PredictionRow(
            path: path, topK: ranked,
            isUnderThreshold: options.threshold.map { ranked[0].probability < $0 } ?? false,
            preparation: preparation)
    }

    private static func check<Value: Comparable>(
        _ name: String, _ value: Value, in range: ClosedRange<Value>
    ) throws {
        guard range.contains(value) else {
            throw ScoringError.option(
                name: "--\(name)", got: "\(value)",
                allowed: "from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}
