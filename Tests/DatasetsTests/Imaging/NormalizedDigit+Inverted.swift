import Datasets

extension NormalizedDigit {
    /// Whether dark and light were exchanged.
    var isInverted: Bool { polarity == .darkOnLight && !isFromAlpha }
}
