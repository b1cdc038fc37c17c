import Foundation
import TestSupport
import Testing

@testable import tessera

/// The program itself, from outside.
@Suite struct ConfigCommandTests {
    @Test func initWritesAFileThatShowReads() throws {
        try withTemporaryFolder { folder in
            let template = try runTessera(["config", "init", "--recipe", "reference"])
            #expect(template.status == 0 && template.errors.isEmpty)
            try Data(template.output.utf8)
                .write(to: folder.appendingPathComponent("tessera.yaml"))
            // Found without --config, since it lies in the current folder.
            let shown = try runTessera(["config", "show"], in: folder)
            #expect(shown.status == 0 && shown.errors.isEmpty)
            let recipe = try #require(shown.output.split(separator: "\n").first)
            #expect(recipe.hasPrefix("recipe ") && recipe.contains(" reference "))
            #expect(recipe.hasSuffix(" tessera.yaml:6"))
        }
    }

    @Test(arguments: [
        (
            ["config", "show", "--epochs", "0"],
            "Error: --epochs 0: must be a whole number from 1 to 100000\n"
        ),
        (["config", "show", "--lerning-rate", "1"], "Error: Unknown option '--lerning-rate'"),
        (["config", "show", "--config", "none.yaml"], "Error: none.yaml: can't be read"),
        (
            ["config", "init", "--recipe", "best"],
            "Error: --recipe best: must be one of reference, fast\n"
        ),
    ])
    func faultsEndWithStatus64AndNothingOnStandardOutput(
        arguments: [String], message: String
    ) throws {
        let result = try runTessera(arguments)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix(message), "\(result.errors)")
    }

    /// What the Makefile exports to the builds that tests run, among others.
    @Test(arguments: [
        "TESSERA_OPTIMIZED_KERNELS", "TESSERA_PEERS_PYTHON", "TESSERA_TRACKING_PYTHON",
        "TESSERA_RUN", "TESSERA_STATUS", "TESSERA_ERROR", "TESSERA_CACHE",
    ])
    func variablesThatAreNoKeysArePassedOver(_ name: String) throws {
        let result = try runTessera(["config", "show"], environment: [name: "1"])
        #expect(result.status == 0, "\(result.errors)")
    }

    /// As help and files have it; a folder of that name is `./none`.
    @Test(arguments: [("none", JSONValue.null), ("./none", .text("./none"))])
    func noneIsNoFolder(_ text: String, expected: JSONValue) throws {
        let result = try runTessera(["config", "show", "--json", "--data-dir", text])
        let answer = try JSONValue(parsing: Data(result.output.utf8))
        #expect(answer["config"]?["data_dir"]?["value"] == expected, "\(result.output.prefix(400))")
    }

    @Test func environmentReachesTheProgram() throws {
        let result = try runTessera(
            ["config", "show", "--json"], environment: ["TESSERA_DATA_DIR": "/data"])
        let answer = try JSONValue(parsing: Data(result.output.utf8))
        let object = try #require(answer["config"])
        #expect(object["data_dir"]?["value"] == .text("/data"))
        #expect(object["data_dir"]?["origin"] == .text("env TESSERA_DATA_DIR"))
    }
}
