import Foundation
import Testing
import Training

@Suite struct TrainingEventTests {
    @Test func epochRecordsAreSnakeCaseJSON() throws {
        let record = EpochRecord(
            epoch: 3, trainLoss: 0.5, trainAccuracy: 0.75, validationLoss: 0.25,
            validationAccuracy: 0.875, learningRate: 0.001, elapsedSeconds: 12.5,
            imagesPerSecond: 4000, isBest: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(record)
        #expect(
            String(decoding: data, as: UTF8.self)
                == #"{"elapsed_seconds":12.5,"epoch":3,"images_per_second":4000,"is_best":true,"#
                + #""learning_rate":0.001,"train_accuracy":0.75,"train_loss":0.5,"#
                + #""validation_accuracy":0.875,"validation_loss":0.25}"#)
        #expect(try JSONDecoder().decode(EpochRecord.self, from: data) == record)
    }
}
