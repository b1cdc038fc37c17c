import Foundation
import Testing

@testable import DigitPipeline
@testable import Orchestration

@Suite struct AssetFactTests {
    /// As the store keeps it.
    private func stored(_ metadata: Metadata) throws -> Metadata {
        try JSONDecoder().decode(Metadata.self, from: JSONEncoder().encode(metadata))
    }

    @Test(arguments: [[], ["7: 102"], ["0: 1", "é: 2"]])
    func textsAreReadAsTheyWereWritten(_ texts: [String]) throws {
        var metadata = Metadata()
        metadata[PredictionFacts.labels] = texts
        #expect(try stored(metadata)[PredictionFacts.labels] == texts)
    }

    @Test(arguments: [[], [28, 28], [0.25, 3, 5]])
    func numbersAreReadAsTheyWereWritten(_ numbers: [Double]) throws {
        var metadata = Metadata()
        metadata[RawDataFacts.imageShape] = numbers
        #expect(try stored(metadata)[RawDataFacts.imageShape] == numbers)
    }

    @Test func oneChannelIsANumberAndSeveralAreAList() throws {
        var metadata = Metadata()
        metadata[ProcessedDataFacts.mean] = ChannelValues([0.5])
        metadata[ProcessedDataFacts.standardDeviation] = ChannelValues([0.25, 0.5, 1])
        #expect(
            metadata == [
                "normalization_mean": .number(0.5),
                "normalization_standard_deviation": .numbers([0.25, 0.5, 1]),
            ])
        let read = try stored(metadata)
        #expect(read[ProcessedDataFacts.mean]?.values == [0.5])
        #expect(read[ProcessedDataFacts.standardDeviation]?.values == [0.25, 0.5, 1])
    }

    @Test func aValueOfAnotherTypeIsNone() {
        let metadata: Metadata = ["labels": .number(3), "image_shape": .texts(["28"])]
        #expect(metadata[PredictionFacts.labels] == nil)
        #expect(metadata[RawDataFacts.imageShape] == nil)
    }

    /// What a version before has left out isn't 0.
    @Test func figuresThatAreNotOnRecordAreLeftOutOfTheAnswer() throws {
        let record = InferenceRecord(
            Materialization(
                id: 1, run: nil, asset: DigitAsset.predictions.rawValue,
                version: AssetVersion(digest: "aa"), codeVersion: "1", config: "{}", artifact: "bb",
                bytes: 1, metadata: [:], at: Date()))
        #expect(String(decoding: try JSONEncoder().encode(record), as: UTF8.self) == "{}")
    }
}
