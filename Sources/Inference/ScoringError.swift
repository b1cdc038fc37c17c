import Kernels

/// Why a whole run can't go on. What is wrong with one picture is a row, not an error.
public enum ScoringError: Error, Equatable, Sendable, CustomStringConvertible {
    case option(name: String, got: String, allowed: String)
    case outputFormat(path: String)
    case probabilityCount(got: Int, images: Int, classes: Int)
    /// A model of images that pictures can't be brought into.
    case modelImages(SampleShape)
    /// `size` bytes an image.
    case pixelCount(got: Int, images: Int, size: Int)
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
        case .modelImages(let shape):
            "the model takes images of \(shape); pictures are brought into \(SampleShape.digit), as "
                + "digits, or into red, green and blue of any size. Use a model of one of these."
        case .pixelCount(let got, let images, let size):
            "\(got) bytes for \(images) images, expected \(images * size)"
        case .probability(let path, let label, let got):
            "\(path): the model's probability of \(label) is \(got), expected 0 to 1. "
                + "The model is not usable; train or deploy another."
        }
    }
}
