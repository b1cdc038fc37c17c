#if arch(x86_64)
    import Foundation
    import TestSupport
    import Testing

    @testable import Training

    /// Files with entries that this version doesn't know, as a later one may write them: what is known
    /// is enough to go on.
    @Suite struct FutureFilesTests {
        /// Adds entries to the metadata, and keys to each entry that is a JSON object. (`metrics` is one
        /// of whatever figures there are, so no key of it is unknown.)
        private func addUnknownKeys(to file: URL) throws {
            var content = try SafetensorsFile.read(file)
            for (name, text) in content.metadata where text.hasPrefix("{\"") && name != "metrics" {
                content.metadata[name] =
                    "{\"future_key\":{\"layers\":[1,2]},\"future_flag\":true," + text.dropFirst()
            }
            try #require(content.metadata.values.contains { $0.contains("future_key") })
            content.metadata["future_entry"] = "{\"layers\":[]}"
            content.metadata[SafetensorsFile.digestKey] = content.contentDigest()
            try content.write(to: file)
        }

        /// That what isn't known is told.
        private func expectNotice(in errors: String, of file: String) {
            for text in [
                file, "has what this version of Tessera doesn't know", "future_key", "future_flag",
                "future_entry",
            ] { #expect(errors.contains(text), "\(errors)") }
        }

        @Test(arguments: UpgradeFixture.versions)
        func aModelFileWithUnknownKeysPredicts(_ version: String) throws {
            try UpgradeFixture.within(version) { fixture in
                let url = fixture.workspace.folder.appendingPathComponent("future.safetensors")
                try FileManager.default.copyItem(
                    at: earlierFile(version, "model.safetensors"), to: url)
                try addUnknownKeys(to: url)
                try fixture.expectRecordedProbabilities(model: url.path)
                let shown = try fixture.run(["models", "show", url.path])
                #expect(shown.status == 0, "\(shown.errors)")
                expectNotice(in: shown.errors, of: "future.safetensors")
            }
        }

        @Test(arguments: UpgradeFixture.versions)
        func aCheckpointWithUnknownKeysIsGoneOnFrom(_ version: String) throws {
            try UpgradeFixture.within(version) { fixture in
                let expected = fixture.expected.interrupted
                let folder = fixture.workspace.home
                    .appendingPathComponent("runs/\(expected.run)/checkpoints")
                for name in try folderContents(folder) {
                    try addUnknownKeys(to: folder.appendingPathComponent(name))
                }
                let resumed = try fixture.run(
                    ["train", "--json", "--resume", expected.run] + expected.flags)
                #expect(resumed.status == 0, "\(resumed.errors)")
                #expect(resumed.errors.contains("going on in epoch "), "\(resumed.errors)")
                expectNotice(in: resumed.errors, of: "step-")
                let record = try fixture.workspace.json(resumed.output)
                guard fixture.hasItsOpenBLAS else { return }
                #expect(record["test_accuracy"] as? Double == expected.test_accuracy)
            }
        }
    }
#endif
