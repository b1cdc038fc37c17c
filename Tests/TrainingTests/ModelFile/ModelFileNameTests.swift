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
    func namesStayShortAndAreReadBack(_ rate: Double, _ part: String) throws {
        let text = try name(rate: rate).description
        #expect(text.contains(part) && text.utf8.count < 100, "\(text)")
        #expect(try ModelFileName(parsing: text).learningRate == rate)
    }

    /// Versions before wrote all digits.
    @Test func longNamesOfBeforeAreRead() throws {
        let text =
            "digitcnn_20261121T101500_adam_lr0.0000000000000000000001_bs64_val0.9931.safetensors"
        #expect(try ModelFileName(parsing: text).learningRate == 1e-22)
    }

    @Test(arguments: [
        "digitcnn_20261121T101500_adam_lr0.001_bs64_val0.9931.safetensors",
        "digitcnn_20240229T235959_sgd_lr0.00001_bs1024_val0.0000.safetensors",
        "digitcnn_19700101T000000_adamw_lr1_bs1_val1.0000.safetensors",
    ])
    func namesAreReadBack(_ text: String) throws {
        #expect(try ModelFileName(parsing: text).description == text)
    }

    @Test func partsAreReadBack() throws {
        #expect(try ModelFileName(parsing: name(accuracy: 0.99314).description) == name())
    }

    @Test(arguments: [
        ("model.safetensors", "form: expected digitcnn_DATE_OPTIMIZER_lrRATE_bsSIZE_valACCURACY"),
        ("digitcnn_20261121T101500_adam_lr0.001_bs64_val0.9931.pt", "form: expected digitcnn_DATE"),
        (
            "digitcnn_20261121T1015_adam_lr0.001_bs64_val0.9931.safetensors",
            "20261121T1015: expected a UTC date"
        ),
        (
            "digitcnn_20261321T101500_adam_lr0.001_bs64_val0.9931.safetensors",
            "form: expected digitcnn_20270121T"
        ),
        (
            "digitcnn_20260230T101500_adam_lr0.001_bs64_val0.9931.safetensors",
            "form: expected digitcnn_20260302T"
        ),
        (
            "digitcnn_20261121T101500_Adam_lr0.001_bs64_val0.9931.safetensors",
            "optimizer Adam: expected lower-case letters and digits"
        ),
        ("digitcnn_20261121T101500_adam_0.001_bs64_val0.9931.safetensors", "0.001: expected lr…"),
        (
            "digitcnn_20261121T101500_adam_lr1e-3_bs64_val0.9931.safetensors",
            "form: expected digitcnn_20261121T101500_adam_lr0.001"
        ),
        (
            "digitcnn_20261121T101500_adam_lrnan_bs64_val0.9931.safetensors",
            "learning rate nan: expected a finite number"
        ),
        (
            "digitcnn_20261121T101500_adam_lr0.001_bs0_val0.9931.safetensors",
            "batch size 0: expected 1 or more"
        ),
        (
            "digitcnn_20261121T101500_adam_lr0.001_bs64_val1.5000.safetensors",
            "validation accuracy 1.5: expected a fraction"
        ),
        ("digitcnn_20261121T101500_adam_lr0.001_bs64_val0.99.safetensors", "form: expected"),
    ])
    func otherNamesAreRefused(_ text: String, _ message: String) {
        #expect {
            try ModelFileName(parsing: text)
        } throws: { "\($0)".contains(message) }
    }

    @Test func valuesThatANameCannotCarryAreRefused() {
        #expect(throws: ModelFileError.self) { try name(accuracy: .nan) }
        #expect(throws: ModelFileError.self) { try name(rate: .infinity) }
        #expect(throws: ModelFileError.self) { try name(optimizer: "../adam") }
        #expect(throws: ModelFileError.self) { try name(optimizer: "") }
        #expect(throws: ModelFileError.self) { try name(date: Date(timeIntervalSince1970: -1)) }
        #expect(throws: ModelFileError.self) {
            try name(date: .distantFuture.addingTimeInterval(1e12))
        }
    }
}
