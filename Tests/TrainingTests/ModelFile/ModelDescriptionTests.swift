import Foundation
import Testing

@testable import Training

/// That a description which can't be true is refused where it is read.
@Suite struct ModelDescriptionTests {
    private func read(_ metrics: [String: Double]) throws -> ModelFile {
        var file = try SealedFiles.model()
        file.description.metrics = metrics
        // As another tool writes it: without a digest, and without our checks.
        let content = SafetensorsFile(
            tensors: file.state.tensors, metadata: try file.description.metadata())
        return try ModelFile(parsing: content.encoded(), name: "toogood.safetensors")
    }

    @Test(arguments: [
        ("test_accuracy", 1.5, "a fraction from 0 to 1"),
        ("validation_accuracy", -0.1, "a fraction from 0 to 1"),
        ("accuracy", 99.4, "a fraction from 0 to 1"),
        ("test_macro_f1", 1.000_001, "a fraction from 0 to 1"),
        ("validation_worst_class_recall", -1e-9, "a fraction from 0 to 1"),
        ("test_log_loss", -0.01, "0 or more, and finite"),
    ]) func anImpossibleFigureIsRefusedByName(
        _ name: String, _ value: Double, _ expected: String
    ) throws {
        let error = try #require(throws: ModelFileError.self) { try read([name: value]) }
        let text = "\(error)"
        #expect(
            text.hasPrefix(
                "toogood.safetensors: __metadata__.metrics.\(name): expected \(expected), "
                    + "got \(value)"), "\(text)")
    }

    @Test func figuresAtTheirLimitsAreRead() throws {
        let metrics: [String: Double] = [
            "test_accuracy": 1, "validation_accuracy": 0, "test_log_loss": 0,
            "validation_log_loss": 30, "test_macro_f1": 1, "temperature": -3,
        ]
        #expect(try read(metrics).description.metrics == metrics)
    }

    /// JSON has no NaN; a number beyond all doubles is none either.
    @Test(arguments: ["{\"test_accuracy\":NaN}", "{\"test_log_loss\":1e999}", "[1]"])
    func figuresThatAreNoNumbersAreRefused(_ json: String) throws {
        let file = try SealedFiles.model()
        var metadata = try file.description.metadata()
        metadata["metrics"] = json
        let content = SafetensorsFile(tensors: file.state.tensors, metadata: metadata)
        #expect(throws: ModelFileError.self) {
            try ModelFile(parsing: content.encoded(), name: "m")
        }
    }

    /// The normalisation is that of the network's images.
    @Test(arguments: [
        (#"{"mean":0.5,"standard_deviation":0}"#, "a finite mean and a standard deviation above 0"),
        (#"{"mean":[0.5,0.5],"standard_deviation":0.2}"#, "{\"mean\": …, \"standard_deviation\""),
    ]) func aNormalisationOfOtherImagesIsRefused(_ json: String, _ expected: String) throws {
        let file = try SealedFiles.model()
        var metadata = try file.description.metadata()
        metadata["normalization"] = json
        let content = SafetensorsFile(tensors: file.state.tensors, metadata: metadata)
        let error = try #require(throws: ModelFileError.self) {
            try ModelFile(parsing: content.encoded(), name: "m")
        }
        #expect("\(error)".contains("normalization: expected \(expected)"), "\(error)")
    }

    @Test func whatCantBeReadIsntWritten() throws {
        var file = try SealedFiles.model()
        file.description.metrics = ["test_accuracy": 1.5]
        #expect(throws: ModelFileError.self) { try file.bytes() }
    }
}
