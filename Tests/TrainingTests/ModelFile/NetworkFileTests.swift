import Foundation
import Kernels
import TestSupport
import Testing

@testable import Training

/// Files of networks that no configuration describes.
@Suite struct NetworkFileTests {
    private let pool = WorkerPool(threadCount: 1)
    private let facts = NetworkFacts(
        normalization: InputNormalization(mean: [0.4, 0.5, 0.6], standardDeviation: [1, 2, 3]),
        classNames: ["red", "green", "blue"],
        metrics: ["validation_accuracy": 0.75, "validation_mean_absolute_error": 3.5],
        provenance: ["data_digest": "ab", "note": "of a test"])

    @Test func aNetworkSurvivesItsFile() throws {
        let network = SmallNetwork.residual(threads: 1)
        let samples = SmallNetwork.coloured(11, seed: 4)
        try withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("colours.safetensors")
            try NetworkFile(network, facts: facts).write(to: url)
            let file = try NetworkFile.read(url)
            #expect(file.integrity == .verified && file.unknown == UnknownEntries())
            #expect(file.facts == facts)
            #expect(file.network == network.description)
            let read = try file.makeNetwork(pool: pool)
            #expect(read.stateDictionary() == network.stateDictionary())
            #expect(Evaluator.outputs(read, samples) == Evaluator.outputs(network, samples))
            #expect(try file.bytes() == Data(contentsOf: url))
        }
    }

    @Test func nothingButTheNetworkIsNeeded() throws {
        let network = SmallNetwork.perceptron(outputs: 2)
        let bytes = try NetworkFile(network).bytes()
        let content = try SafetensorsFile(parsing: bytes, name: "m")
        #expect(
            content.metadata.keys.sorted() == [
                "format", "format_version", "network", "tessera_sha256",
            ])
        let file = try NetworkFile(parsing: bytes, name: "m")
        #expect(file.facts == NetworkFacts())
    }

    @Test func aDigitModelsFileIsRead() throws {
        let model = try SealedFiles.model()
        let file = try NetworkFile(parsing: model.bytes(), name: "digits")
        #expect(file.facts.classNames == model.description.classNames)
        #expect(file.facts.normalization == .mnist)
        #expect(file.facts.metrics == model.description.metrics)
        #expect(file.facts.provenance["data_digest"] == model.description.dataDigest)
        let samples = SmallModel.samples(9, seed: 3)
        #expect(
            Evaluator.outputs(try file.makeNetwork(pool: pool), samples)
                == Evaluator.logits(try model.makeModel(pool: pool), samples))
    }

    /// Of a network that was written without a config, for whoever works with images and classes.
    @Test func aNetworkOfImagesIsAModel() throws {
        let network = SmallNetwork.residual(threads: 1)
        let bytes = try NetworkFile(network, facts: facts).bytes()
        let model = try ModelFile(parsing: bytes, name: "colours")
        #expect(model.integrity == .verified && model.unknown == UnknownEntries())
        #expect(model.description.network == network.description)
        #expect(model.description.classNames == facts.classNames)
        #expect(model.description.normalization == facts.normalization)
        #expect(model.description.metrics == facts.metrics)
        #expect(model.description.dataDigest == "ab")
        let samples = SmallNetwork.coloured(11, seed: 4)
        #expect(
            Evaluator.outputs(try model.makeModel(pool: pool).network, samples)
                == Evaluator.outputs(network, samples))
    }

    @Test(arguments: ["class_names", "normalization"])
    func aNetworkWithoutClassesOrImagesIsNoModel(_ key: String) throws {
        var content = try SafetensorsFile(
            parsing: NetworkFile(SmallNetwork.residual(threads: 1), facts: facts).bytes(),
            name: "colours")
        content.metadata[key] = nil
        let error = try #require(throws: ModelFileError.self) {
            try ModelFile(parsing: content.sealed().encoded(), name: "colours")
        }
        #expect("\(error)".contains("__metadata__.\(key): expected"), "\(error)")
        #expect("\(error)".contains("images and classes is needed"), "\(error)")
    }

    @Test func entriesOfALaterVersionAreTold() throws {
        var content = try SafetensorsFile(
            parsing: NetworkFile(SmallNetwork.perceptron(outputs: 2)).bytes(), name: "m")
        content.metadata["from_later"] = "{}"
        content.metadata["tessera_sha256"] = nil
        content.metadata["format_version"] = nil
        let file = try NetworkFile(content)
        #expect(file.unknown.metadata == ["from_later"])
    }

    /// What a file says is looked at before memory is taken or numbers are multiplied.
    @Test(arguments: [
        (
            "network", #"{"input":[3],"layers":[{"linear":{"outputs":2,"later":1}}]}"#,
            "no option later"
        ),
        ("network", #"{"input":[3],"layers":["quantum"]}"#, "a layer quantum"),
        ("network", #"{"input":[3],"layers":[{"linear":{"outputs":-1}}]}"#, "outputs of -1"),
        (
            "network", #"{"input":[3],"layers":[{"linear":{"outputs":9000000000000}}]}"#,
            "outputs of"
        ),
        ("network", #"{"input":[0],"layers":["relu"]}"#, "an input of [0]"),
        (
            "network", #"{"input":[16777216,16777216,16777216],"layers":["relu"]}"#,
            "values a sample"
        ),
        ("network", #"{"input":[65536,65536],"layers":["relu"]}"#, "an input of"),
        (
            "network",
            #"{"input":[9,9,99999],"layers":[{"depthwise_conv2d":{"multiplier":16777216,"kernel":1}},"#
                + #"{"depthwise_conv2d":{"multiplier":16777216,"kernel":1}}]}"#, "values a sample"
        ),
        ("network", #"{"input":[30000,30000,1],"layers":["relu"]}"#, "values a sample"),
        ("network", #"{"input":[3],"layers":[{"linear":{"outputs":2}}]}"#, "0.weight"),
        ("class_names", #"["one"]"#, "2 names, one an output"),
        ("normalization", #"{"mean":0,"standard_deviation":0}"#, "above 0"),
        ("metrics", #"{"validation_accuracy":1.5}"#, "from 0 to 1"),
        ("provenance", "1", "a JSON object of texts"),
    ]) func whatIsImpossibleIsNamed(_ key: String, _ text: String, _ problem: String) throws {
        var content = try SafetensorsFile(
            parsing: NetworkFile(SmallNetwork.perceptron(outputs: 2)).bytes(), name: "m")
        content.metadata[key] = text
        #expect {
            try NetworkFile(content)
        } throws: { "\($0)".contains(problem) }
    }

    @Test func layersOfOnesOwnAreNotWritten() throws {
        let network = try Network(
            NetworkDescription(
                input: SampleShape(features: 3),
                [.custom("square", "Square") { _, input in ReLU(input) }, .linear("head", 2)]),
            pool: pool)
        #expect {
            try NetworkFile(network).bytes()
        } throws: { "\($0)".contains("Square, a layer of one's own") }
        let given = Network([ReLU(SampleShape(features: 2))], pool: pool)
        #expect(throws: NetworkDescriptionError.self) { try NetworkFile(given) }
    }
}
