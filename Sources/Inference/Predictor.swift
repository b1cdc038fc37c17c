import Datasets
import Foundation
import Kernels
import LinearAlgebra
import Training

/// A trained model ready to score: immutable weights, the class names and the normalisation that
/// were stored with it.
///
/// Not for use by several threads at once: it owns the memory of its activations. Its pool spreads
/// the images of one call over the cores.
public final class Predictor: DigitClassifier {
    public let description: ModelDescription
    private let model: ConfiguredNetwork
    private let normalization: ByteNormalization

    /// - Throws: `ScoringError.modelImages` for a model of images that pictures can't be brought into:
    ///   neither grey ones of 28×28 nor red, green and blue; what `ModelFile.makeModel` throws.
    public init(_ file: ModelFile, pool: WorkerPool) throws {
        description = file.description
        guard description.network.input.isOfPictures else {
            throw ScoringError.modelImages(description.network.input)
        }
        model = try file.makeModel(pool: pool)
        normalization = ByteNormalization(description.normalization)
        model.network.freeze()
    }

    /// Reads the model from a file.
    ///
    /// - Throws: what `ModelFile.read` throws.
    public convenience init(file url: URL, pool: WorkerPool) throws {
        try self.init(ModelFile.read(url), pool: pool)
    }

    /// How the model's convolutions are computed.
    public var plan: ConvolutionPlan { model.plan }
    public var parameterCount: Int { model.parameterCount }

    /// Whether calls take the time of the network's parts.
    public var profiling: Bool {
        get { model.network.profiling }
        set { model.network.profiling = newValue }
    }

    /// Where the time of the calls since the last look went.
    public func takeProfile() -> [ProfileSection] { model.network.takeProfile() }

    public var classNames: [String] { description.classNames }
    public var imageShape: SampleShape { description.network.input }

    /// Scores `count` images; digits are light on dark.
    ///
    /// - Parameter pixels: `[count, height, width, channels]`.
    /// - Returns: softmax probabilities, `[count, classes]`; an image's don't depend on the images
    ///   beside it, but for rounding.
    /// - Throws: `ScoringError.pixelCount` if the bytes don't make `count` images.
    public func probabilities(ofPixels pixels: [UInt8], count: Int) throws -> [Float] {
        let size = imageShape.count
        guard count >= 0, pixels.count == count * size else {
            throw ScoringError.pixelCount(got: pixels.count, images: count, size: size)
        }
        guard count > 0 else { return [] }
        return Evaluator.probabilities(model.network, count: count) { image, input in
            normalize(pixels, from: image * size, by: normalization, into: input)
        }
    }
}
