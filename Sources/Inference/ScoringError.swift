/// Why a whole run can't go on. What is wrong with one picture is a row, not an error.
public enum ScoringError: Error, Equatable, Sendable, CustomStringConvertible {
    case option(name: String, got: String, allowed: String)
    case outputFormat(path: String)
    case probabilityCount(got: Int, images: Int, classes: Int)
    case modelImageSize(height: Int, width: Int, expected: Int)
    case pixelCount(got: Int, images: Int)
    case probability(path: String, label: String, got: Float)

    public var description: String {
        switch self {
        case .option(let name, let got, let allowed):
            "\(name) \(got == "nan" || got == "-nan" ? "NaN" : got): must be \(allowed)"
        case .outputFormat(let path):
            "\(path): the name must end in .csv or .jsonl, which tells the format of the output"
        case .probabilityCount(let got, let images, let classes):
            "the model returned \(got) probabilities for \(images) images of \(classes) classes, "
                + "expected \(images * classes)"
        case .modelImageSize(let height, let width, let expected):
            "the model was trained on images of \(height)×\(width); pictures are brought into "
                + "\(expected)×\(expected). Use a model trained on images of that size."
        case .pixelCount(let got, let images):
            "\(got) bytes for \(images) images, expected \(images * 784)"
        case .probability(let path, let label, let got):
            "\(path): the model's probability of \(label) is \(got), expected 0 to 1. "
                + "The model is not usable; train or deploy another."
        }
    }
}
