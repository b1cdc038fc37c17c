import Datasets
import Kernels

/// What scores pictures: a predictor made from a model file, or anything else with its shape.
public protocol DigitClassifier: AnyObject {
    /// One name a class, in the order of the probabilities.
    var classNames: [String] { get }

    /// Of an image that it takes: a digit in MNIST's form, which is the default, or a picture of some
    /// size in red, green and blue.
    var imageShape: SampleShape { get }

    /// - Parameter pixels: `[count, height, width, channels]`, row-major; digits are light on black.
    /// - Returns: `[count, classNames.count]`, row-major; each row sums to one.
    func probabilities(ofPixels pixels: [UInt8], count: Int) throws -> [Float]
}

extension DigitClassifier {
    public var imageShape: SampleShape { .digit }
}

extension SampleShape {
    /// MNIST's form.
    static let digit = SampleShape(
        height: DigitNormalizer.side, width: DigitNormalizer.side, channels: 1)

    /// Whether pictures can be brought into it.
    public var isOfPictures: Bool { self == .digit || channels == 3 }
}
