import Datasets

/// A class and how probable it is.
public struct RankedLabel: Sendable, Equatable {
    public let label: String
    /// In [0, 1].
    public let probability: Float

    public init(label: String, probability: Float) {
        self.label = label
        self.probability = probability
    }
}

/// How a picture was brought into the model's form.
public struct Preparation: Sendable, Equatable {
    /// True when its bytes went to the model unchanged.
    public let isUsedAsIs: Bool
    /// Which of digit and sheet was the lighter; nil where there is no digit, in colour.
    public let polarity: Polarity?
    /// What was wrong with the file and didn't hinder its decoding: a sentence each.
    public let warnings: [String]

    public init(isUsedAsIs: Bool, polarity: Polarity?, warnings: [String] = []) {
        self.isUsedAsIs = isUsedAsIs
        self.polarity = polarity
        self.warnings = warnings
    }
}

/// The answer for one picture: a label with its confidence, or the reason why there is none.
public struct PredictionRow: Sendable, Equatable {
    /// The file; a picture in an IDX file is `file#index`, counted from 0.
    public let path: String
    /// The most probable classes, best first; empty for an error.
    public let topK: [RankedLabel]
    /// The best probability is below the threshold that was asked for.
    public let isUnderThreshold: Bool
    /// Nil for an error.
    public let preparation: Preparation?
    public let error: String?
    /// Whether it couldn't be read at all, which another time may be otherwise, whatever is in it.
    public let isUnread: Bool

    /// The most probable class; nil for an error.
    public var label: String? { topK.first?.label }
    /// Its probability, in [0, 1]; nil for an error.
    public var confidence: Float? { topK.first?.probability }
    /// What was wrong with the file of a picture that was scored all the same.
    public var warnings: [String] { preparation?.warnings ?? [] }

    /// A picture that was scored.
    ///
    /// - Precondition: `topK` is not empty.
    public init(
        path: String, topK: [RankedLabel], isUnderThreshold: Bool, preparation: Preparation
    ) {
        precondition(!topK.isEmpty, "\(path): no label")
        self.path = path
        self.topK = topK
        self.isUnderThreshold = isUnderThreshold
        self.preparation = preparation
        error = nil
        isUnread = false
    }

    /// A picture that could not be scored.
    public init(path: String, error: String, isUnread: Bool = false) {
        self.path = path
        self.error = error
        self.isUnread = isUnread
        topK = []
        isUnderThreshold = false
        preparation = nil
    }
}
