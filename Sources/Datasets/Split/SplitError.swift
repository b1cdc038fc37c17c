/// Why samples can't be split as asked.
public enum SplitError: Error, Equatable {
    case size(part: String, got: StratifiedSplit.Size, sampleCount: Int)
    case sum(test: StratifiedSplit.Size, train: StratifiedSplit.Size, sampleCount: Int)
    case emptyTraining(test: StratifiedSplit.Size, sampleCount: Int)
    /// The labels of classes with one member.
    case tooFewMembers(classes: [Int])
    case partTooSmall(part: String, size: Int, classCount: Int)
}

extension SplitError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .size(let part, let got, let sampleCount):
            "\(part) size \(got): expected a fraction between 0 and 1, or 1 to "
                + "\(max(sampleCount - 1, 1)) of the \(sampleCount) samples"
        case .sum(let test, let train, let sampleCount):
            "training size \(train) and test size \(test) together are more than the "
                + "\(sampleCount) samples; reduce one of them"
        case .emptyTraining(let test, let sampleCount):
            "test size \(test) of \(sampleCount) samples leaves none for training; reduce it"
        case .tooFewMembers(let classes):
            "\(classes.count == 1 ? "class" : "classes") "
                + "\(classes.map(String.init).joined(separator: ", ")): 1 sample, expected at "
                + "least 2, so that each part can have one. Add samples or leave the class out"
        case .partTooSmall(let part, let size, let classCount):
            "\(part) part of \(size) samples, expected at least the number of classes "
                + "(\(classCount)); change its size"
        }
    }
}
