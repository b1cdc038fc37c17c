import LinearAlgebra
import TestSupport
import Testing

@testable import Training

@Suite struct SampleSourceTests {
    private let table = VectorSamples(
        features: [1, 2, 3, 4, 5, 6, 7, 8], featureCount: 2, labels: [0, 1, 0, 2])
    private let values = VectorSamples(
        features: [1, 2, 3, 4], featureCount: 1, targets: [9, 8, 7, 6, 5, 4, 3, 2],
        targetCount: 2)

    private func input(_ source: any SampleSource, _ position: Int, epoch: Int? = nil) -> [Float] {
        let input = FloatBuffer(count: source.inputShape.count).all
        source.load(position, epoch: epoch, into: input)
        return input.array
    }

    private func target(_ source: any SampleSource, _ position: Int) -> [Float] {
        switch source.target(position) {
        case .label(let label): [Float(label)]
        case .values(let values): values.array
        }
    }

    @Test func vectorsAreRowsWithTheirTargets() {
        #expect(table.count == 4 && table.inputShape.count == 2 && table.targetKind == .labels)
        #expect(input(table, 2) == [5, 6] && target(table, 3) == [2])
        #expect(values.targetKind == .values(count: 2))
        #expect(input(values, 1) == [2] && target(values, 1) == [7, 6])
        let part = table.including([3, 1])
        #expect(part.count == 2 && input(part, 0) == [7, 8] && target(part, 1) == [1])
    }

    @Test func aSplitIsADisjointCover() {
        let (first, second) = values.split(fraction: 0.25, seed: 1)
        #expect(first.count == 3 && second.count == 1)
        #expect(Set(first.indices + second.indices) == [0, 1, 2, 3])
        #expect(values.split(fraction: 0.25, seed: 1).second.indices == second.indices)
        let seeds = (0..<20).map { values.split(fraction: 0.25, seed: $0).second.indices }
        #expect(Set(seeds).count > 1)
        #expect(values.split(fraction: 0.01, seed: 1).second.count == 1)
        #expect(values.split(fraction: 0.99, seed: 1).first.count == 1)
    }

    @Test func digestsTellContentsApart() {
        let others: [any SampleSource] = [
            VectorSamples(
                features: [1, 2, 3, 4, 5, 6, 7, 9], featureCount: 2, labels: [0, 1, 0, 2]),
            VectorSamples(
                features: [1, 2, 3, 4, 5, 6, 7, 8], featureCount: 2, labels: [0, 1, 1, 2]),
            VectorSamples(
                features: [1, 2, 3, 4, 5, 6, 7, 8], featureCount: 2, targets: [0, 1, 0, 2]),
            table.including([0, 1, 3, 2]), table.including([0, 1, 2]), values,
        ]
        let digests = others.map { $0.contentDigest() }
        #expect(Set(digests).count == others.count)
        #expect(!digests.contains(table.contentDigest()))
        #expect(table.including([0, 1, 2, 3]).contentDigest() == table.contentDigest())
    }

    @Test func imagesAreASourceWithAndWithoutAugmentation() throws {
        let samples = SmallModel.samples(3, seed: 9)
        var config = SmallModel.config
        let augmented = AugmentedImages(
            samples, try #require(Augmentation(config, height: 28, width: 28)))
        #expect(samples.inputShape == augmented.inputShape && samples.inputShape.count == 784)
        #expect(target(samples, 2) == [Float(samples.label(2))])
        #expect(input(augmented, 1) == input(samples, 1, epoch: 3))
        #expect(input(augmented, 1, epoch: 1) != input(samples, 1))
        #expect(input(augmented, 1, epoch: 1) != input(augmented, 1, epoch: 2))

        #expect(samples.contentDigest() != samples.including([0, 1]).contentDigest())
        #expect(
            samples.contentDigest()
                != samples.normalized(by: .init(mean: 0, standardDeviation: 1)).contentDigest())
        #expect(samples.contentDigest() != augmented.contentDigest())
        config.augmentation.rotationDegrees = 1
        let other = try #require(Augmentation(config, height: 28, width: 28))
        #expect(augmented.contentDigest() != AugmentedImages(samples, other).contentDigest())
    }
}
