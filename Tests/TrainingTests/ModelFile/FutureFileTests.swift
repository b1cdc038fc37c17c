import Foundation
import Kernels
import Testing

@testable import Training

/// Files of later versions: what they have beyond this one is told and left out.
@Suite struct FutureFileTests {
    /// A model file whose config or metadata was changed, sealed as a later version would seal it.
    private func model(
        describesNetwork: Bool = true, config change: (inout [String: Any]) -> Void = { _ in },
        metadata: [String: String] = [:]
    ) throws -> ModelFile {
        var file = try SafetensorsFile(parsing: SealedFiles.model().bytes(), name: "m")
        // As version 0.1 wrote it.
        if !describesNetwork { file.metadata["network"] = nil }
        file.metadata["config"] = try changed(file.metadata["config"]!, change)
        file.metadata.merge(metadata) { $1 }
        return try ModelFile(parsing: file.sealed().encoded(), name: "m")
    }

    private func changed(_ config: String, _ change: (inout [String: Any]) -> Void) throws -> String
    {
        var object = try #require(
            JSONSerialization.jsonObject(with: Data(config.utf8)) as? [String: Any])
        change(&object)
        return String(
            decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    }

    @Test func todaysFilesHaveNothingUnknown() throws {
        let file = try model()
        #expect(file.unknown == UnknownEntries() && file.notices(of: "m").isEmpty)
    }

    @Test func unknownKeysAndEntriesAreToldAndLeftOut() throws {
        let plain = try model()
        let file = try model(
            config: {
                $0["lookahead_steps"] = 5
                $0["branches"] = [["kind": "conv2d"]]
            }, metadata: ["from_later": "[]"])
        #expect(file.unknown.keys == ["branches", "lookahead_steps"])
        #expect(file.unknown.metadata == ["from_later"])
        #expect(file.description == plain.description && file.state == plain.state)
        let notice = try #require(file.notices(of: "m.safetensors").first)
        #expect(notice.hasPrefix("m.safetensors has what this version"), "\(notice)")
        for name in ["branches", "lookahead_steps", "from_later"] { #expect(notice.contains(name)) }
    }

    /// What a training was asked for isn't needed to use what it made.
    @Test func valuesOfTrainingThatAreUnknownHaveTheirDefaults() throws {
        let file = try model {
            $0["optimizer_type"] = "lion"
            $0["epochs"] = 0
            $0["schedule"] = ["kind": "cyclic"]
            $0["conv"] = "fft"
        }
        #expect(file.unknown.values == ["conv", "epochs", "optimizer_type", "schedule"])
        #expect(file.description.config.optimizer.type == OptimizerConfig().type)
        #expect(file.description.config.epochs == ModelConfig().epochs)
    }

    @Test func keysThatAreAbsentHaveTheirDefaults() throws {
        let file = try model { $0["plateau_cooldown"] = nil }
        #expect(file.unknown == UnknownEntries())
        #expect(file.description == (try model()).description)
    }

    /// What the tensors follow from must be understood, in a file that doesn't describe its network.
    @Test(arguments: ["conv1_channels", "hidden_size", "use_batch_norm", "class_count"])
    func sizesThatAreNoneAreRefused(_ key: String) {
        #expect(throws: ModelFileError.self) {
            try model(describesNetwork: false) { $0[key] = "many" }
        }
        #expect(throws: ConfigError.self) {
            try model(describesNetwork: false) {
                $0[key == "use_batch_norm" ? "hidden_size" : key] = -2
            }
        }
    }

    /// They have texts of their own form, and a text that isn't understood is no reason to take the default.
    @Test(arguments: [
        ("network", "transformer", "network transformer: must be one of digitcnn"),
        ("network", #"["quantum"]"#, "a layer quantum"),
        ("network", "[]", "a network needs a layer"),
        ("hidden", "512,many", "hidden 512,many: must be units of one to sixteen layers"),
        ("hidden", "", "must be units of one to sixteen layers"),
    ])
    func networksThatAreUnknownAreRefused(_ key: String, _ text: String, _ problem: String) throws {
        let error = try #require(throws: ModelFileError.self) {
            try model(describesNetwork: false) { $0[key] = text }
        }
        #expect("\(error)".contains(problem), "\(error)")
    }

    // MARK: - The network's description

    @Test func filesOfBeforeThereWasADescriptionAreTheSame() throws {
        let (old, new) = (try model(describesNetwork: false), try model())
        #expect(old.description == new.description && old.state == new.state)
        #expect(old.unknown == UnknownEntries())
        // To the same digest.
        let again = try SafetensorsFile(parsing: old.bytes(), name: "m")
        #expect(again.metadata["network"] == nil)
        #expect(try ModelFile(again).bytes() == old.bytes())
    }

    /// It decides alone: the config is of the training.
    @Test func aDescribedNetworkNeedsNoConfig() throws {
        let plain = try model()
        let file = try model {
            $0["network"] = "transformer"
            $0["hidden"] = ["a", "list"]
            $0["conv1_channels"] = -2
            $0["class_count"] = "many"
        }
        #expect(file.unknown.values == ["conv1_channels", "network", "hidden", "class_count"])
        #expect(file.description.network == plain.description.network && file.state == plain.state)
        let pool = WorkerPool(threadCount: 1)
        let samples = SmallModel.samples(9, seed: 3)
        #expect(
            try Evaluator.logits(file.makeModel(pool: pool), samples)
                == Evaluator.logits(plain.makeModel(pool: pool), samples))
    }

    @Test(arguments: [
        (#""relu""#, #""quantum""#, "a layer quantum; the layers are"),
        (#""kernel":2"#, #""kernel":2,"ceil":true"#, "max_pool: no option ceil"),
        (#"{"max_pool":{"kernel":2}}"#, #""max_pool""#, "max_pool: kernel is missing"),
        (#""input":[28,28,1]"#, #""input":[28,28]"#, "an input of [28, 28]"),
        (#""input":[28,28,1]"#, #""input":[32,28,1]"#, "input_height: expected 32, as the"),
        (#""input":[28,28,1]"#, #""input":[28,28,2]"#, "for each of 2 channels"),
        (#""outputs":10"#, #""outputs":9"#, "9 names, one an output"),
        (#""channels":2"#, #""channels":5"#, "conv1.weight"),
    ])
    func aDescriptionThatIsntUnderstoodIsRefused(
        _ text: String, _ other: String, _ problem: String
    ) throws {
        let content = try SafetensorsFile(parsing: SealedFiles.model().bytes(), name: "m")
        let network = try #require(content.metadata["network"])
        let changed = network.replacing(text, with: other, maxReplacements: 1)
        #expect(changed != network)
        let error = try #require(throws: (any Error).self) {
            try model(metadata: ["network": changed])
        }
        #expect("\(error)".contains(problem), "\(error)")
    }

    @Test func keysBesideTheLayersAreTold() throws {
        let content = try SafetensorsFile(parsing: SealedFiles.model().bytes(), name: "m")
        let network = try #require(content.metadata["network"])
        let file = try model(metadata: ["network": #"{"labels":[],"# + network.dropFirst()])
        #expect(file.unknown.network == ["labels"])
        let notice = try #require(file.notices(of: "m.safetensors").first)
        #expect(notice.contains("of its network labels"), "\(notice)")
    }

    /// A network that would need more memory than there is, in few bytes.
    @Test(arguments: [true, false])
    func imagesBeyondAllMemoryAreRefused(_ describesNetwork: Bool) throws {
        let error = try #require(throws: (any Error).self) {
            try model(
                describesNetwork: describesNetwork,
                config: {
                    if !describesNetwork { $0["conv1_channels"] = 4096 }
                },
                metadata: describesNetwork
                    ? [
                        "network": #"{"input":[30000,30000,1],"layers":["relu"]}"#,
                        "input_height": "30000", "input_width": "30000",
                    ]
                    : ["input_height": "4096", "input_width": "4096"])
        }
        #expect("\(error)".contains("expected at most"), "\(error)")
    }

    @Test func aCheckpointTellsWhatIsUnknownAndGoesOn() throws {
        var content = try SafetensorsFile(parsing: SealedFiles.checkpointBytes(), name: "c")
        content.metadata["config"] = try changed(content.metadata["config"]!) {
            $0["lookahead_steps"] = 5
        }
        content.metadata["lookahead"] = "{}"
        let checkpoint = Checkpoint(
            content: try SafetensorsFile(parsing: content.sealed().encoded(), name: "c"))
        let unknown = try checkpoint.unknownEntries()
        #expect(unknown.keys == ["lookahead_steps"] && unknown.metadata == ["lookahead"])
        #expect(try checkpoint.notices(of: "c").count == 1)
        try SealedFiles.trainer().resume(from: checkpoint)
    }

    /// To train on, all of it must be understood.
    @Test func aCheckpointOfAnUnknownOptimizerIsRefused() throws {
        var content = try SafetensorsFile(parsing: SealedFiles.checkpointBytes(), name: "c")
        content.metadata["config"] = try changed(content.metadata["config"]!) {
            $0["optimizer_type"] = "lion"
        }
        #expect(throws: ModelFileError.self) { try Checkpoint(content: content).config() }
    }
}
