import DurableFiles
import Kernels
import LinearAlgebra

extension ImageSamples: SampleSource {
    public var inputShape: SampleShape { shape }
    public var targetKind: TargetKind { .labels }

    public func load(_ position: Int, epoch: Int?, into input: FloatSlice) {
        load(position, into: input)
    }

    public func target(_ position: Int) -> Target { .label(label(position)) }

    public func contentDigest() -> String {
        let digest = SHA256()
        digest.update(pixels)
        digest.update(numbers: indices)
        digest.update(numbers: labels)
        digest.update(text: "\(shape) \(normalization)")
        return digest.finalize()
    }
}

/// Images that are rotated, shifted and scaled anew in each epoch.
public struct AugmentedImages: SampleSource {
    public let samples: ImageSamples
    public let augmentation: Augmentation

    public init(_ samples: ImageSamples, _ augmentation: Augmentation) {
        self.samples = samples
        self.augmentation = augmentation
    }

    public var count: Int { samples.count }
    public var inputShape: SampleShape { samples.inputShape }
    public var targetKind: TargetKind { samples.targetKind }

    public func load(_ position: Int, epoch: Int?, into input: FloatSlice) {
        guard let epoch else { return samples.load(position, into: input) }
        let map = augmentation.map(image: samples.indices[position], epoch: epoch)
        samples.load(position, through: map, into: input)
    }

    public func target(_ position: Int) -> Target { samples.target(position) }

    public func contentDigest() -> String {
        SHA256.hexDigest(of: Array("\(samples.contentDigest()) \(augmentation)".utf8))
    }
}
