import Kernels
import Testing
import Training

@testable import DigitPipeline

@Suite struct SearchSpaceTests {
    private let origin = ConfigOrigin.file(path: "sweep.yaml", line: 3)

    private func list(_ key: String, _ values: String...) -> ParameterAxis {
        ParameterAxis(
            key: key, values: .list(values.map(RawConfigValue.plain)), origin: origin)
    }

    private func range(
        _ key: String, _ low: Double, _ high: Double, isLogarithmic: Bool = false
    ) -> ParameterAxis {
        ParameterAxis(
            key: key, values: .range(low: low, high: high, isLogarithmic: isLogarithmic),
            origin: origin)
    }

    private func texts(_ points: [SearchSpace.Point]) -> [String] {
        points.map { point in
            ([point.variant].compactMap(\.self)
                + point.settings.map { "\($0.key) \($0.value.text)" })
                .joined(separator: ", ")
        }
    }

    private func numbers(_ points: [SearchSpace.Point]) -> [Double] {
        points.compactMap { Double($0.settings[0].value.text) }
    }

    // MARK: - Grids

    @Test func aGridHasEveryCombinationTheLastAxisChangingFastest() throws {
        let space = SearchSpace(
            variants: [], axes: [list("epochs", "1", "2"), list("momentum", "0", "0.5", "0.9")])
        #expect(
            try texts(space.grid()) == [
                "epochs 1, momentum 0", "epochs 1, momentum 0.5", "epochs 1, momentum 0.9",
                "epochs 2, momentum 0", "epochs 2, momentum 0.5", "epochs 2, momentum 0.9",
            ])
    }

    @Test func eachVariantHasItsOwnAxesAndTheCommonOnes() throws {
        let space = SearchSpace(
            variants: [
                SweepVariant(
                    name: "sgd",
                    axes: [list("optimizer_type", "sgd"), list("momentum", "0", "0.9")]
                ),
                SweepVariant(name: "adam", axes: [list("optimizer_type", "adam")]),
            ], axes: [list("epochs", "1")])
        let points = try space.grid()
        #expect(
            texts(points) == [
                "sgd, optimizer_type sgd, momentum 0, epochs 1",
                "sgd, optimizer_type sgd, momentum 0.9, epochs 1",
                "adam, optimizer_type adam, epochs 1",
            ])
        // What the variant's name stands for.
        #expect(
            points.map(\.fixedKeys) == [["optimizer_type"], ["optimizer_type"], ["optimizer_type"]])
    }

    @Test func aGridCantGoThroughARange() {
        let space = SearchSpace(variants: [], axes: [range("momentum", 0, 1)])
        #expect(throws: SweepError.rangeInGrid(key: "momentum", origin: origin)) {
            try space.grid()
        }
    }

    // MARK: - Samples

    @Test func aSampleIsRepeatedByItsSeedAlone() {
        let space = SearchSpace(variants: [], axes: [range("learning_rate", 1e-4, 1e-1)])
        let sample = space.sample(20, seed: 5)
        #expect(space.sample(20, seed: 5) == sample)
        #expect(space.sample(20, seed: 6) != sample)
        #expect(Set(texts(sample)).count == 20)
    }

    @Test func aRangeIsDrawnEvenlyOrByItsLogarithm() {
        let even = numbers(
            SearchSpace(variants: [], axes: [range("learning_rate", 0, 1)]).sample(400, seed: 1))
        let logarithmic = numbers(
            SearchSpace(
                variants: [], axes: [range("learning_rate", 1e-4, 1, isLogarithmic: true)]
            ).sample(400, seed: 1))
        #expect((even + logarithmic).allSatisfy { (0...1).contains($0) })
        #expect(logarithmic.allSatisfy { $0 >= 1e-4 })
        // Of 400 with even chances, 5 standard deviations are 50.
        #expect((150...250).contains(even.count { $0 < 0.5 }))
        #expect((150...250).contains(logarithmic.count { $0 < 1e-2 }))
    }

    @Test func wholeNumbersAreDrawnWholeAndInTheStepsOfTheirKey() {
        let epochs = SearchSpace(variants: [], axes: [range("epochs", 1, 9)])
        #expect(Set(texts(epochs.sample(9, seed: 1))) == Set((1...9).map { "epochs \($0)" }))
        let sizes = numbers(
            SearchSpace(variants: [], axes: [range("hidden_size", 2, 500)]).sample(50, seed: 1))
        #expect(sizes.count == 50 && sizes.allSatisfy { Int($0).isMultiple(of: 2) })
    }

    @Test func whereThereAreFewerPointsAllAreFound() {
        let space = SearchSpace(
            variants: [], axes: [list("epochs", "1", "2"), list("momentum", "0", "0.9")])
        #expect(Set(texts(space.sample(100, seed: 1))).count == 4)
        #expect(space.sample(100, seed: 1).count == 4)
        #expect(space.sample(3, seed: 1).count == 3)
    }

    /// The sequence of the paper's implementation (java.util.SplittableRandom's mixing) for this seed.
    @Test func theGeneratorIsSplitMix64() {
        var random = SplitMix64(seed: 1_234_567)
        #expect(
            (0..<5).map { _ in random.next() } == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }
}
