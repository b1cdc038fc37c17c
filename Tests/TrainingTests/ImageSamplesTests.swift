import Foundation
import Kernels
import LinearAlgebra
import TestSupport
import Testing
import Training

@Suite struct ImageSamplesTests {
    /// torchvision: ToTensor, then Normalize((0.1307,), (0.3081,)).
    @Test func normalisesAsTorchvisionDoes() {
        let samples = ImageSamples(
            pixels: [0, 128, 255, 0], labels: [7], height: 2, width: 2, normalization: .mnist)
        let out = FloatBuffer(count: 4).all
        samples.load(0, into: out)
        assertClose(
            out.array, [-0.42421296, 1.2050011, 2.8214867, -0.42421296], relative: 1e-6)
    }

    @Test func aSubsetListsItsOwnImages() {
        let samples = ImageSamples(
            pixels: [10, 20, 30], labels: [1, 2, 3], height: 1, width: 1, indices: [2, 0],
            normalization: .init(mean: 0, standardDeviation: 1))
        let out = FloatBuffer(count: 1).all
        samples.load(0, into: out)
        #expect(samples.count == 2 && samples.label(0) == 3 && out[0] == Float(30.0 / 255))
        #expect(samples.including([1]).label(0) == 2)
    }

    /// torchvision: ToTensor, then Normalize(mean, std), with the channels last.
    @Test func eachChannelIsNormalisedByItsOwn() {
        let normalization = InputNormalization(
            mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225])
        let samples = ImageSamples(
            pixels: [UInt8](0..<6) + [0, 128, 255, 10, 20, 30], labels: [1, 2], height: 1, width: 2,
            channels: 3, normalization: normalization)
        let out = FloatBuffer(count: 6).all
        samples.load(1, into: out)
        let expected: [Float] = [
            -2.117904, 0.2051822, 2.64, -1.9466565, -1.6855743, -1.2815686,
        ]
        assertClose(out.array, expected, relative: 1e-6)
        #expect(samples.shape == SampleShape(height: 1, width: 2, channels: 3))
        #expect(samples.including([1]).normalized(by: normalization).channels == 3)
    }

    @Test func aShiftMovesAllChannelsAndFillsWithBlack() {
        let black = InputNormalization(
            mean: [0, 0.5, 0.25], standardDeviation: [1 / 255, 1 / 255, 1 / 255])
        let samples = ImageSamples(
            pixels: [UInt8](1...12), labels: [0], height: 2, width: 2, channels: 3,
            normalization: black)
        let out = FloatBuffer(count: 12).all
        samples.load(0, through: AffineMap(xx: 1, xy: 0, x0: 1, yx: 0, yy: 1, y0: 0), into: out)
        let zero: [Float] = [0, -127.5, -63.75]
        assertClose(
            out.array, [4, 5 - 127.5, 6 - 63.75] + zero + [10, 11 - 127.5, 12 - 63.75] + zero,
            relative: 1e-5, absolute: 1e-4)
    }

    @Test func theIdentityMapChangesNothing() {
        let samples = SmallModel.samples(3, seed: 12)
        let (plain, warped) = (FloatBuffer(count: 784).all, FloatBuffer(count: 784).all)
        samples.load(1, into: plain)
        samples.load(1, through: .identity, into: warped)
        // (value/255 − mean)/std rounded once in the table, three times in the warp.
        assertClose(warped.array, plain.array, relative: 1e-6, absolute: 1e-6)
    }

    @Test func aShiftedMapMovesTheImageAndFillsWithBlack() {
        let pixels = [UInt8](1...12)
        let samples = ImageSamples(
            pixels: pixels, labels: [0], height: 3, width: 4,
            normalization: .init(mean: 0, standardDeviation: 1 / 255.0))
        let out = FloatBuffer(count: 12).all
        samples.load(
            0, through: AffineMap(xx: 1, xy: 0, x0: 1, yx: 0, yy: 1, y0: -1), into: out)
        assertClose(
            out.array, [0, 0, 0, 0, 2, 3, 4, 0, 6, 7, 8, 0], relative: 1e-5, absolute: 1e-4)
        // Half a pixel: the mean of two neighbours.
        samples.load(
            0, through: AffineMap(xx: 1, xy: 0, x0: 0.5, yx: 0, yy: 1, y0: 0), into: out)
        assertClose(
            out.array, [1.5, 2.5, 3.5, 2, 5.5, 6.5, 7.5, 4, 9.5, 10.5, 11.5, 6], relative: 1e-5)
    }
}

@Suite struct AugmentationTests {
    @Test func mapsStayWithinTheConfiguredRanges() throws {
        var config = ModelConfig.reference
        config.augmentation.rotationDegrees = 15
        let augmentation = try #require(Augmentation(config, height: 28, width: 28))
        var angles: [Double] = []
        for image in 0..<2_000 {
            let map = augmentation.map(image: image, epoch: 3)
            let scale = 1 / Double(map.xx * map.xx + map.xy * map.xy).squareRoot()
            let angle = atan2(Double(map.xy), Double(map.xx)) * 180 / .pi
            #expect(scale > 0.899 && scale < 1.101 && abs(angle) < 15.01)
            angles.append(angle)
            // The centre of the augmented image reads at most 10 % of the side from the centre.
            let x = Double(map.xx) * 13.5 + Double(map.xy) * 13.5 + Double(map.x0) - 13.5
            #expect(abs(x) < 2.8 * 1.5 / 0.9)
        }
        #expect(angles.max()! > 14 && angles.min()! < -14)
    }

    @Test func mapsDependOnSeedEpochAndImageAlone() throws {
        var config = ModelConfig.reference
        let first = try #require(Augmentation(config, height: 28, width: 28))
        let again = try #require(Augmentation(config, height: 28, width: 28))
        #expect(first.map(image: 5, epoch: 2) == again.map(image: 5, epoch: 2))
        #expect(first.map(image: 5, epoch: 2) != first.map(image: 5, epoch: 3))
        #expect(first.map(image: 5, epoch: 2) != first.map(image: 6, epoch: 2))
        config.seed = 43
        let other = try #require(Augmentation(config, height: 28, width: 28))
        #expect(first.map(image: 5, epoch: 2) != other.map(image: 5, epoch: 2))
        config.augmentation.isEnabled = false
        #expect(Augmentation(config, height: 28, width: 28) == nil)
    }

    @Test func eachRangeCountsOnItsOwn() throws {
        func maps(_ change: (inout ModelConfig) -> Void) throws -> [AffineMap] {
            var config = ModelConfig.reference
            (config.augmentation.rotationDegrees, config.augmentation.translationFraction) = (0, 0)
            (config.augmentation.scaleMin, config.augmentation.scaleMax) = (1, 1)
            change(&config)
            let augmentation = try #require(Augmentation(config, height: 28, width: 28))
            return (0..<50).map { augmentation.map(image: $0, epoch: 1) }
        }
        #expect(try maps { _ in }.allSatisfy { $0 == .identity })
        #expect(try maps { $0.augmentation.rotationDegrees = 20 }.contains { abs($0.xy) > 0.1 })
        #expect(
            try maps { $0.augmentation.translationFraction = 0.2 }.allSatisfy {
                $0.xx == 1 && $0.xy == 0
            })
        #expect(try maps { $0.augmentation.translationFraction = 0.2 }.contains { abs($0.x0) > 2 })
        #expect(try maps { $0.augmentation.scaleMin = 0.5 }.contains { $0.xx > 1.5 })
    }
}
