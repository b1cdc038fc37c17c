import Foundation
import Testing

@testable import Training

@Suite struct ModelFileNameTests {
    /// 2026-11-21 10:15:00 UTC
    static let date = Date(timeIntervalSince1970: 1_795_256_100)

    private func name(
        date: Date = date, optimizer: String = "adam", rate: Double = 0.001, batch: Int = 64,
        accuracy: Double = 0.9931
    ) throws -> ModelFileName {
        try ModelFileName(
            createdAt: date, optimizer: optimizer, learningRate: rate, batchSize: batch,
            validationAccuracy: accuracy)
    }

    @Test func theNameTellsTheConfiguration() throws {
        #expect(
            try name().description
                == "digitcnn_20261121T101500_adam_lr0.001_bs64_val0.9931.safetensors")
        #expect(
            try name(
                date: Date(timeIntervalSince1970: 0.75), optimizer: "rmsprop", rate: 1e-5,
                batch: 1, accuracy: 1
            ).description
                == "digitcnn_19700101T000000_rmsprop_lr0.00001_bs1_val1.0000.safetensors")
    }

    @Test(arguments: [
        (0.001, "0.001"), (1e-5, "0.00001"), (1.5e-7, "0.00000015"), (1, "1"), (0.1, "0.1"),
        (10, "10"), (2.5, "2.5"), (0, "0"), (1e16, "10000000000000000"),
        (1.25e17, "125000000000000000"),
        (0.30000000000000004, "0.30000000000000004"), (123.456, "123.456"),
    ])
    func learningRatesAreShortDecimals(_ value: Double, _ text: String) {
        #expect(ModelFileName.decimal(value) == text)
        #expect(Double(text) == value)
    }

    /// A file's name has at most 255 bytes.
    @Test(arguments: [
        (1e-300, "lr1e-300_"), (1.7976931348623157e+308, "lr1.7976931348623157e+308_"),
        (.leastNonzeroMagnitude, "lr5e-324_"), (1.2345678901234567e-9, "lr1.2345678901234566e-09_"),
        (1e-9, "lr0.000000001_"),
    ])
    func namesStayShort(_ rate: Double, _ part: String) throws {
        let text = try name(rate: rate).description
        #expect(text.contains(part) && text.utf8.count < 100, "\(text)")
    }

    @Test func otherNetworksHaveTheirOwnNames() throws {
        let name = try ModelFileName(
            network: "resnet", createdAt: Self.date, optimizer: "sgd", learningRate: 0.1,
            batchSize: 128, validationAccuracy: 0.5)
        #expect(
            name.description == "resnet_20261121T101500_sgd_lr0.1_bs128_val0.5000.safetensors")
    }

    @Test func valuesThatANameCannotCarryAreRefused() {
        #expect(throws: ModelFileError.self) { try name(accuracy: .nan) }
        #expect(throws: ModelFileError.self) { try name(rate: .infinity) }
        #expect(throws: ModelFileError.self) { try name(optimizer: "../adam") }
        #expect(throws: ModelFileError.self) { try name(optimizer: "") }
        #expect(throws: ModelFileError.self) {
            try ModelFileName(
                network: "a_b", createdAt: Self.date, optimizer: "sgd", learningRate: 0.1,
                batchSize: 1, validationAccuracy: 0)
        }
        #expect(throws: ModelFileError.self) { try name(date: Date(timeIntervalSince1970: -1)) }
        #expect(throws: ModelFileError.self) {
            try name(date: .distantFuture.addingTimeInterval(1e12))
        }
    }
}
