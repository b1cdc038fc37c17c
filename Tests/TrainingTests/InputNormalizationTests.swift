import Foundation
import TestSupport
import Testing

@testable import Training

@Suite struct InputNormalizationTests {
    private static func json(_ normalization: InputNormalization) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(normalization), as: UTF8.self)
    }

    private static func decoded(_ json: String) throws -> InputNormalization {
        try JSONDecoder().decode(InputNormalization.self, from: Data(json.utf8))
    }

    /// So that model files, artifacts and their digests stay what they were.
    @Test func oneChannelIsWrittenAsBefore() throws {
        let text = #"{"mean":0.1307,"standard_deviation":0.3081}"#
        #expect(try Self.json(.mnist) == text)
        #expect(try Self.decoded(text) == .mnist)
        #expect(try Self.decoded(#"{"mean":[0.1307],"standard_deviation":[0.3081]}"#) == .mnist)
    }

    @Test func severalChannelsAreLists() throws {
        let cifar = InputNormalization(
            mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.247, 0.2435, 0.2616])
        let text = #"{"mean":[0.4914,0.4822,0.4465],"standard_deviation":[0.247,0.2435,0.2616]}"#
        #expect(try Self.json(cifar) == text)
        #expect(try Self.decoded(text) == cifar && cifar.channels == 3)
    }

    @Test(arguments: [
        #"{"mean":[0.1,0.2],"standard_deviation":[0.3]}"#, #"{"mean":[],"standard_deviation":[]}"#,
        #"{"mean":0.1}"#, #"{"mean":"0.1","standard_deviation":1}"#,
        #"{"mean":[0.1,"b"],"standard_deviation":[1,1]}"#,
    ])
    func whatIsNoneIsRefused(text: String) {
        #expect(throws: DecodingError.self) { try Self.decoded(text) }
    }

    @Test func deviationsArePositiveAndFinite() {
        #expect(InputNormalization.mnist.isUsable)
        for bad in [0, -1, .infinity, .nan] {
            let normalization = InputNormalization(mean: [0, 0], standardDeviation: [1, bad])
            #expect(!normalization.isUsable)
        }
        #expect(!InputNormalization(mean: .nan, standardDeviation: 1).isUsable)
    }
}

@Suite struct MeasuredNormalizationTests {
    /// NumPy: `x = pixels[[2, 0]].reshape(-1, 3) / 255`, then `x.mean(0)` and `x.std(0)`.
    @Test func isThatOfTheImagesOfTheSubset() {
        let pixels: [UInt8] = [
            0, 10, 255, 20, 30, 7, 99, 98, 97, 96, 95, 94, 1, 2, 3, 250, 251, 7,
        ]
        let samples = ImageSamples(
            pixels: pixels, labels: [0, 0, 0], height: 1, width: 2, channels: 3, indices: [2, 0],
            normalization: InputNormalization(mean: [0, 0, 0], standardDeviation: [1, 1, 1]))
        let measured = samples.measuredNormalization
        assertClose(
            measured.mean, [0.2656862745098039, 0.2872549019607843, 0.26666666666666666],
            relative: 1e-14)
        assertClose(
            measured.standardDeviation,
            [0.4138172465856192, 0.4044292925494507, 0.42343862498272256], relative: 1e-14)
        #expect(samples.including([0, 2]).measuredNormalization == measured)
    }

    /// As scikit-learn's `StandardScaler` does it.
    @Test func whatIsTheSameEverywhereIsDividedByOne() {
        let samples = ImageSamples(
            pixels: [51, 0, 51, 255], labels: [0, 0], height: 1, width: 1, channels: 2,
            normalization: InputNormalization(mean: [0, 0], standardDeviation: [1, 1]))
        #expect(
            samples.measuredNormalization
                == InputNormalization(mean: [0.2, 0.5], standardDeviation: [1, 0.5]))
    }
}
