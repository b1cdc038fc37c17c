import Foundation
import Kernels

/// Random rotations, shifts and scales of training images, about their centre.
///
/// The map is a function of (seed, epoch, image), so it doesn't depend on the order in which
/// workers load images, nor on the batch that an image falls into.
public struct Augmentation: Sendable {
    private let height: Float
    private let width: Float
    private let largestAngle: Float
    private let largestShift: Float
    private let smallestScale: Float
    private let largestScale: Float
    private let random: Philox

    /// Nil if augmentation is off.
    public init?(_ config: ModelConfig, height: Int, width: Int) {
        guard config.augmentation.isEnabled else { return nil }
        self.init(config.augmentation, seed: config.seed, height: height, width: width)
    }

    /// Of images of that size; reads the rotation, translation and scale of `config`.
    public init(_ config: AugmentationConfig, seed: UInt64, height: Int, width: Int) {
        self.height = Float(height)
        self.width = Float(width)
        largestAngle = Float(config.rotationDegrees * .pi / 180)
        largestShift = Float(config.translationFraction)
        smallestScale = Float(config.scaleMin)
        largestScale = Float(config.scaleMax)
        random = Philox(key: seed)
    }

    /// Where each pixel of the augmented image is read in the original.
    ///
    /// The image is scaled and rotated about its centre and then shifted; this is the inverse.
    public func map(image: Int, epoch: Int) -> AffineMap {
        let draws = random.uniform(
            SIMD4(
                UInt32(truncatingIfNeeded: image), UInt32(truncatingIfNeeded: epoch), 0,
                RandomPurpose.augmentation))
        let angle = (2 * draws.x - 1) * largestAngle
        let shiftX = (2 * draws.y - 1) * largestShift * width
        let shiftY = (2 * draws.z - 1) * largestShift * height
        let scale = smallestScale + draws.w * (largestScale - smallestScale)
        let (c, s) = (cos(angle) / scale, sin(angle) / scale)
        let (centerX, centerY) = ((width - 1) / 2, (height - 1) / 2)
        let (fromX, fromY) = (centerX + shiftX, centerY + shiftY)
        return AffineMap(
            xx: c, xy: s, x0: centerX - c * fromX - s * fromY,
            yx: -s, yy: c, y0: centerY + s * fromX - c * fromY)
    }
}
