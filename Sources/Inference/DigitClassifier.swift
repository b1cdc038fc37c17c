/// What scores digits: a predictor made from a model file, or anything else with its shape.
public protocol DigitClassifier: AnyObject {
    /// One name a class, in the order of the probabilities.
    var classNames: [String] { get }

    /// - Parameter pixels: `[count, 28, 28]`, row-major, light digits on black.
    /// - Returns: `[count, classNames.count]`, row-major; each row sums to one.
    func probabilities(ofPixels pixels: [UInt8], count: Int) throws -> [Float]
}
