import Foundation
import TestSupport
import Testing

@testable import tessera

/// `tessera summary` and `tessera bench plan`: networks for the data that they are meant for.
@Suite struct SummaryCommandTests {
    private func summary(_ arguments: [String]) throws -> [String: Any] {
        let result = try runTessera(["summary", "--json"] + arguments)
        #expect(result.status == 0, "\(result.errors)")
        return try #require(
            JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }

    private func input(_ answer: [String: Any]) throws -> [Int] {
        try #require(answer["input_shape"] as? [Int])
    }

    @Test func theImagesAreTheDataSets() throws {
        #expect(try input(summary([])) == [28, 28, 1])
        #expect(try input(summary(["--dataset", "fashion-mnist"])) == [28, 28, 1])
        #expect(try input(summary(["--dataset", "cifar10"])) == [32, 32, 3])
        #expect(try input(summary(["--dataset", "cifar10:folder"])) == [32, 32, 3])
        #expect(try input(summary(["--dataset", "images:folder"])) == [28, 28, 1])
        let colour = ["--dataset", "images:folder", "--color", "rgb"]
        #expect(try input(summary(colour + ["--image-size", "48x64"])) == [48, 64, 3])
        // What is asked for goes before what the data are.
        #expect(
            try input(summary(["--dataset", "cifar10", "--input", "40x40x4"])) == [40, 40, 4])
        let unknown = try runTessera(["summary"] + colour)
        #expect(unknown.status == 64, "\(unknown.output)")
        #expect(unknown.errors.contains("--input"), "\(unknown.errors)")
    }

    /// The classes are the network's own outputs; data that have others refuse it when they are known.
    @Test func aListOfLayersMayHaveAnyOutputs() throws {
        let letters = #"["flatten",{"linear":{"outputs":26}}]"#
        let answer = try summary(["--network", letters])
        #expect(answer["parameter_count"] as? Int == 784 * 26 + 26)
        let refused = try runTessera(["summary", "--network", #"[{"max_pool":{"kernel":99}}]"#])
        #expect(refused.status == 64)
        #expect(refused.errors.contains("images of 28×28"), "\(refused.errors)")
    }

    @Test func aPlanIsOfTheDataSetsImages() throws {
        let flags = ["--network", "resnet", "--depth", "8", "--width", "4"]
        func shapes(_ arguments: [String]) throws -> String {
            let result = try runTessera(["bench", "plan", "--json"] + flags + arguments)
            #expect(result.status == 0, "\(result.errors)")
            return result.output
        }
        let answer = try JSONValue(parsing: Data(try shapes(["--dataset", "cifar10"]).utf8))
        #expect(answer["input_shape"] == .array([.integer(32), .integer(32), .integer(3)]))
    }
}
