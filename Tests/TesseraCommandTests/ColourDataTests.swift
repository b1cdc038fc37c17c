import Datasets
import Foundation
import TestSupport
import Testing

@testable import tessera

/// Colour images in the commands: shown, exported, trained on and scored.
@Suite struct ColourDataTests {
    /// A folder in CIFAR-10's binary form: two classes of one colour each, with noise.
    private static func write(_ classNames: [String], to folder: URL) throws {
        var random = SeededGenerator(seed: 9)
        func records(_ count: Int) -> [UInt8] {
            (0..<count).flatMap { index -> [UInt8] in
                let label = UInt8(index % classNames.count)
                let levels: [UInt8] = label.isMultiple(of: 2) ? [200, 100, 50] : [20, 60, 120]
                return [label]
                    + levels.flatMap { level in
                        (0..<1024).map { _ in level &+ UInt8(random.next() % 16) }
                    }
            }
        }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(records(100)).write(to: folder.appendingPathComponent("train.bin"))
        try Data(records(20)).write(to: folder.appendingPathComponent("test.bin"))
        try Data(classNames.joined(separator: "\n").utf8)
            .write(to: folder.appendingPathComponent("batches.meta.txt"))
    }

    private static func within(
        _ classNames: [String] = ["orange", "navy"],
        _ body: (Workspace, _ dataset: String) throws -> Void
    ) throws {
        try Workspace.within { workspace in
            let folder = workspace.folder.appendingPathComponent("colours")
            try write(classNames, to: folder)
            try body(workspace, "cifar10:\(folder.path)")
        }
    }

    @Test func prepareDescribesTheChannels() throws {
        try Self.within { workspace, dataset in
            let text = try workspace.run(["prepare", "--dataset", dataset])
            #expect(text.status == 0, "\(text.errors)")
            #expect(text.output.contains("images of 32×32×3"))
            #expect(text.output.contains("by channel: mean 0.460"), "\(text.output)")
            #expect(text.output.contains("inputs      normalised with mean 0.46"))
            let result = try workspace.run(["prepare", "--dataset", dataset, "--json"])
            let answer = try workspace.json(result.output)
            #expect(answer["image_shape"] as? [Int] == [32, 32, 3])
            #expect(answer["class_names"] as? [String] == ["orange", "navy"])
            let schema = try #require(try SchemaCatalog.schema("prepare"))
            let found = JSONSchemaValidator(
                schema, try JSONValue(parsing: Data(result.output.utf8))
            ).problems
            #expect(found == [])
        }
    }

    @Test func exportedPicturesHaveTheirColours() throws {
        try Self.within { workspace, dataset in
            let result = try workspace.run([
                "prepare", "--dataset", dataset, "--part", "test", "--export-images", "out",
            ])
            #expect(result.status == 0, "\(result.errors)")
            let file = workspace.folder.appendingPathComponent("out/navy/00001.png")
            let image = try ImageDecoder.decode(file: file.path)
            #expect(image.channels == 3 && image.width == 32)
            #expect((20..<36).contains(image.pixels[0]) && (120..<136).contains(image.pixels[2]))
        }
    }

    /// An exported set, read again in its colours.
    @Test func aFolderIsReadInColour() throws {
        try Self.within { workspace, dataset in
            let export = try workspace.run([
                "prepare", "--dataset", dataset, "--part", "all", "--export-images", "out",
            ])
            #expect(export.status == 0, "\(export.errors)")
            let flags = ["prepare", "--json", "--dataset", "images:out", "--color", "rgb"]
            let whole = try workspace.json(try workspace.run(flags).output)
            #expect(whole["image_shape"] as? [Int] == [32, 32, 3])
            let train = try #require(whole["train"] as? [String: Any])
            #expect((train["channel_means"] as? [Double])?.count == 3)
            let small = try workspace.json(
                try workspace.run(flags + ["--image-size", "8x12"]).output)
            #expect(small["image_shape"] as? [Int] == [8, 12, 3])
            let refused = try workspace.run(["prepare", "--dataset", dataset, "--image-size", "8"])
            #expect(refused.status == 64, "\(refused.status)")
            #expect(refused.errors.contains("--image-size 8 does not go with --dataset"))
        }
    }

    /// From data to a deployed model that is evaluated, and scores the test images and pictures of any size.
    @Test(arguments: [
        quickFlags,
        [
            "--network", "resnet", "--depth", "8", "--width", "4", "--epochs", "1",
            "--accuracy-threshold", "0", "--threads", "1",
        ],
    ])
    func networksOfColourImagesAreTrained(flags: [String]) throws {
        try Self.within { workspace, dataset in
            let all = ["--dataset", dataset, "--json"] + flags
            let result = try workspace.run(
                ["run"] + all + ["--strategy", "force", "--reason", "test"])
            #expect(result.status == 0, "\(result.output) \(result.errors)")
            let runs = workspace.home.appendingPathComponent("runs")
            let run = try #require(try folderContents(runs).first)
            let grid = runs.appendingPathComponent("\(run)/samples.png")
            try #expect(ImageDecoder.decode(file: grid.path).channels == 3)
            let evaluated = try workspace.run(["evaluate", "--dataset", dataset, "--json"])
            #expect(evaluated.status == 0, "\(evaluated.errors)")
            try expectScores(workspace, dataset, run: run)
        }
    }

    private func expectScores(_ workspace: Workspace, _ dataset: String, run: String) throws {
        let table = try String(
            contentsOf: workspace.home.appendingPathComponent("runs/\(run)/predictions.csv"),
            encoding: .utf8
        ).split(separator: "\n")
        #expect(table.count == 21 && table[1].hasPrefix("test#0,"), "\(table.first ?? "")")
        let export = try workspace.run([
            "prepare", "--dataset", dataset, "--part", "test", "--export-images", "out",
        ])
        #expect(export.status == 0, "\(export.errors)")
        // One of the test images, the same four times as large, and in grey.
        let image = try ImageDecoder.decode(
            file: workspace.folder.appendingPathComponent("out/navy/00001.png").path, color: .rgb)
        for (name, pixels, channels) in [
            ("same", image.pixels, 3), ("large", enlarged(image), 3),
            ("grey", (0..<1024).map { image.pixels[3 * $0] }, 1),
        ] {
            let side = name == "large" ? 64 : 32
            try PNGEncoder.encode(pixels, width: side, height: side, channels: channels)
                .write(to: workspace.folder.appendingPathComponent("\(name).png"))
        }
        let result = try workspace.run([
            "predict", "same.png", "large.png", "grey.png", "--json", "--top-k", "2",
        ])
        #expect(result.status == 0, "\(result.errors)")
        let rows = try result.output.split(separator: "\n").map { try workspace.json(String($0)) }
        #expect(rows.map { $0["used_as_is"] as? Bool } == [true, false, false])
        #expect(rows.allSatisfy { $0["polarity"] is NSNull })
        // The picture is the test set's second image, of the second class.
        let confidences = rows.map { $0["confidence"] as? Double ?? 0 }
        let recorded = table[2].split(separator: ",", omittingEmptySubsequences: false)
        #expect(rows[0]["label"] as? String == String(recorded[1]))
        #expect(try abs(confidences[0] - #require(Double(recorded[2]))) < 1e-5)
        #expect(rows[1]["label"] as? String == String(recorded[1]))
        #expect(abs(confidences[1] - confidences[0]) < 0.05, "\(confidences)")
        let refused = try workspace.run(["predict", "same.png", "--polarity", "dark-on-light"])
        #expect(refused.status == 64, "\(refused.errors)")
        #expect(refused.errors.contains("automatic for a model of pictures in colour"))
    }

    /// Each pixel four times.
    private func enlarged(_ image: DecodedImage) -> [UInt8] {
        (0..<64).flatMap { y in
            (0..<64).flatMap { x -> ArraySlice<UInt8> in
                let start = 3 * (32 * (y / 2) + x / 2)
                return image.pixels[start..<start + 3]
            }
        }
    }

    @Test func aModelOfGreyImagesIsRefusedByName() throws {
        try Self.within((0..<10).map(String.init)) { workspace, dataset in
            _ = try workspace.run()
            let evaluated = try workspace.run(["evaluate", "--dataset", dataset])
            #expect(evaluated.status != 0)
            #expect(
                evaluated.errors.contains("images of 28×28, the data's are 32×32×3"),
                "\(evaluated.errors)")
            let scored = try workspace.run([
                "run", "--select", "raw_data,processed_data,predictions", "--dataset", dataset,
            ])
            #expect(scored.status != 0)
            #expect(
                scored.errors.contains("3 channels, the network of the deployed model takes 1"),
                "\(scored.errors)")
        }
    }
}
