import Foundation
import Testing

@testable import Training

/// Files of later versions: what they have beyond this one is told and left out.
@Suite struct FutureFileTests {
    /// A model file whose config or metadata was changed, sealed as a later version would seal it.
    private func model(
        config change: (inout [String: Any]) -> Void = { _ in },
        metadata: [String: String] = [:]
    ) throws -> ModelFile {
        var file = try SafetensorsFile(parsing: SealedFiles.model().bytes(), name: "m")
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
            }, metadata: ["network": "[]"])
        #expect(file.unknown.keys == ["branches", "lookahead_steps"])
        #expect(file.unknown.metadata == ["network"])
        #expect(file.description == plain.description && file.state == plain.state)
        let notice = try #require(file.notices(of: "m.safetensors").first)
        #expect(notice.hasPrefix("m.safetensors has what this version"), "\(notice)")
        for name in ["branches", "lookahead_steps", "network"] { #expect(notice.contains(name)) }
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

    /// What the tensors follow from must be understood.
    @Test(arguments: ["conv1_channels", "hidden_size", "use_batch_norm", "class_count"])
    func sizesThatAreNoneAreRefused(_ key: String) {
        #expect(throws: ModelFileError.self) { try model { $0[key] = "many" } }
        #expect(throws: ConfigError.self) {
            try model { $0[key == "use_batch_norm" ? "hidden_size" : key] = -2 }
        }
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
