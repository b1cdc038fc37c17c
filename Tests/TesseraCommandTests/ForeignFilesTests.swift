import Datasets
import Foundation
import TestSupport
import Testing

/// Files as other people's programs and editors write them, through the commands.
@Suite struct ForeignFilesTests {
    static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    @Test func whereThereIsNoTestSetTheCommandsOwnFlagIsNamed() throws {
        try Workspace.within { workspace in
            let folder = workspace.digits.url
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
            where name.hasPrefix("t10k") {
                try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
            }
            let result = try workspace.run(
                ["prepare", "--export-images", "out", "--dataset", workspace.digits.dataset])
            #expect(result.status == 2)
            #expect(
                result.errors.contains("use --part validation or --part all"), "\(result.errors)")
        }
    }

    @Test func aClassNameIsNoPath() throws {
        try Workspace.within { workspace in
            let names = [
                "../escaped", "/tmp/x", "..", "a/b", "a%2Fb", ".hidden", "6", "7", "8", "9",
            ]
            try Data(names.joined(separator: "\n").utf8).write(
                to: workspace.digits.url.appendingPathComponent("classes.txt"))
            let before = Set(try folderContents(workspace.folder))
            let result = try workspace.run(
                ["prepare", "--export-images", "out", "--dataset", workspace.digits.dataset])
            #expect(result.status == 0, "\(result.errors)")
            #expect(Set(try folderContents(workspace.folder)).subtracting(before) == ["out"])
            let out = workspace.folder.appendingPathComponent("out")
            #expect(
                Set(try FileManager.default.contentsOfDirectory(atPath: out.path)) == [
                    "%2E.%2Fescaped", "%2Ftmp%2Fx", "%2E.", "a%2Fb", "a%252Fb", "%2Ehidden", "6",
                    "7", "8", "9",
                ])
        }
    }

    @Test func byteOrderMarksAreNoText() throws {
        try Workspace.within { workspace in
            func write(_ text: String, _ name: String) throws {
                try Data(Self.mark + Array(text.utf8)).write(
                    to: workspace.folder.appendingPathComponent(name))
            }
            try write("epochs: 7\r\n", "tessera.yaml")
            let config = try workspace.run(["config", "show", "--json"])
            #expect(config.status == 0 && config.output.contains("7"), "\(config.errors)")
            try write("zero\n1\n2\n3\n4\n5\n6\n7\n8\n9\n", "digits/classes.txt")
            let data = try workspace.run(
                ["prepare", "--json", "--dataset", workspace.digits.dataset])
            let names = try workspace.json(data.output)["class_names"] as? [String]
            #expect(names?.first == "zero")
            try write("name: marked\nparameters: {lerning_rate: [0.1]}\n", "sweep.yaml")
            let sweep = try workspace.run(["sweep", "--config", "sweep.yaml"])
            #expect(sweep.status == 64 && sweep.errors.contains("lerning_rate"), "\(sweep.errors)")
            try Data([0xFF, 0xFE, 0x61, 0]).write(
                to: workspace.folder.appendingPathComponent("tessera.yaml"))
            let wide = try workspace.run(["config", "show"])
            #expect(wide.status != 0 && wide.errors.contains("it is UTF-16 text; save it as UTF-8"))
        }
    }

    @Test func aTestFileOfKagglesIsScored() throws {
        try Workspace.within { workspace in
            _ = try workspace.run()
            let set = try DatasetLoader(cache: workspace.folder).load(.idx(workspace.digits.url))
                .test!
            let images = set.pixels
            var text = (0..<784).map { "pixel\($0)" }.joined(separator: ",") + "\n"
            for index in 0..<set.count {
                text += set.image(at: index).map(String.init).joined(separator: ",") + "\n"
            }
            try Data(text.utf8).write(to: workspace.folder.appendingPathComponent("test.csv"))
            let csv = try workspace.run(["predict", "test.csv", "--json"])
            let idx = try workspace.run(["predict", "digits/t10k-images-idx3-ubyte", "--json"])
            #expect(csv.status == 0 && images.count == set.count * 784)
            let name = "digits/t10k-images-idx3-ubyte#"
            #expect(csv.output == idx.output.replacingOccurrences(of: name, with: "test.csv#"))
            #expect(csv.output.contains("\"path\":\"test.csv#0\""))
            let broken = try workspace.run(["predict", "bad.csv", "--json"])
            #expect(broken.status == 4)
            let train = try workspace.run(["prepare", "--dataset", "csv:test.csv"])
            #expect(train.status == 2 && train.errors.contains("give it to tessera predict"))
        }
    }
}
