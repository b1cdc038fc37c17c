import Foundation
import TestSupport
import Testing

/// `tessera bench accuracy` and `tessera bench plan`, as a user runs them.
@Suite struct BenchAccuracyCommandTests {
    private func json(_ result: ProgramResult) throws -> [String: Any] {
        #expect(result.status == 0, "\(result.errors)")
        return try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any],
            "\(result.output)")
    }

    private func flags(_ digits: DigitFolder) -> [String] {
        [
            "bench", "accuracy", "--data-dir", digits.url.path, "--batch-size", "40", "--threads",
            "2",
            "--label-smoothing", "0.1",
        ]
    }

    @Test func trainingEndsAtTheTarget() throws {
        try withTemporaryFolder { folder in
            let digits = try DigitFolder(in: folder)
            let start = ContinuousClock.now
            let record = try json(
                runTessera(
                    flags(digits) + [
                        "--json", "--epochs", "4", "--target", "0.5", "--evaluate-every", "5",
                        "--evaluate-from", "10",
                    ]))
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            #expect(record["subject"] as? String == "accuracy" && record["seed"] as? Int == 42)
            #expect(record["batch"] as? Int == 40 && record["threads"] as? Int == 2)
            #expect(record["target"] as? Double == 0.5 && record["reached"] as? Bool == true)
            #expect(record["parameters"] as? Int == 455_754)
            #expect(
                record["convolution_plan"] as? [String: String]
                    == ["conv1": "direct", "conv2": "winograd4", "conv3": "winograd4"])
            let looks = try #require(record["history"] as? [[String: Any]])
            let steps = looks.compactMap { $0["step"] as? Int }
            #expect(steps.first == 10 && steps == steps.indices.map { 10 + 5 * $0 })
            // 600 images are 15 steps an epoch; it ends before the last of 60.
            #expect(steps.last! < 60 && record["steps"] as? Int == steps.last)
            let accuracies = looks.compactMap { $0["accuracy"] as? Double }
            #expect(accuracies.last! >= 0.5 && accuracies.dropLast().allSatisfy { $0 < 0.5 })
            #expect(record["accuracy"] as? Double == accuracies.last)
            let times = looks.compactMap { $0["seconds"] as? Double }
            #expect(times == times.sorted() && times.last! < seconds)
            #expect(record["seconds_to_target"] as? Double == times.last)
        }
    }

    @Test func anotherNetworkIsTrained() throws {
        try withTemporaryFolder { folder in
            let digits = try DigitFolder(in: folder)
            let layers = #"["flatten",{"linear":{"outputs":10}}]"#
            for (network, parameters) in [("lenet5", 61_706), (layers, 7_850)] {
                let record = try json(
                    runTessera(
                        flags(digits) + ["--json", "--epochs", "0.2", "--network", network]))
                #expect(record["network"] as? String == network)
                #expect(record["parameters"] as? Int == parameters)
            }
            let misfit = try runTessera(
                flags(digits) + ["--network", #"["flatten",{"linear":{"outputs":3}}]"#])
            #expect(misfit.status == 64 && misfit.errors.contains("10 classes"), "\(misfit)")
            let unknown = try runTessera(flags(digits) + ["--network", "perceptron"])
            #expect(unknown.status == 64 && unknown.errors.contains("--network"), "\(unknown)")
        }
    }

    @Test func aTargetThatIsNotReachedIsSaid() throws {
        try withTemporaryFolder { folder in
            let digits = try DigitFolder(in: folder)
            let arguments = flags(digits) + ["--epochs", "0.3", "--target", "1"]
            let record = try json(runTessera(arguments + ["--json"]))
            #expect(record["reached"] as? Bool == false && record["seconds_to_target"] == nil)
            // 180 of the 600 images are four whole batches; the last step is always looked at.
            let looks = try #require(record["history"] as? [[String: Any]])
            #expect(looks.count == 1 && looks[0]["step"] as? Int == record["steps"] as? Int)
            let text = try runTessera(arguments)
            #expect(text.status == 0 && text.output.contains("did not reach 100.00 %"), "\(text)")
            #expect(text.output.hasPrefix("step "), "\(text.output)")
        }
    }

    @Test(arguments: [
        (["--target", "0"], "--target 0.0: must be a number greater than 0 and at most 1"),
        (["--target", "99"], "--target 99.0: must be a number"),
        (["--epochs", "1.5"], "--epochs 1.5: must be a whole number from 1 to 1000, or a part"),
        (["--epochs", "0"], "--epochs 0.0: must be"),
        (["--evaluate-every", "0"], "--evaluate-every 0: must be a whole number of at least 1"),
        (["--threads", "0"], "--threads 0: must be a whole number from 1 to 1024"),
        (["--schedule", "cosine"], "--schedule cosine: must be one of one_cycle, constant"),
        (["--batch", "0"], "batch"),
        (["--label-smoothing", "1.5"], "label"),
    ])
    func wrongFlagsAreRefused(arguments: [String], message: String) throws {
        let result = try runTessera(["bench", "accuracy", "--data-dir", "/nowhere"] + arguments)
        #expect(result.status == 64 && result.output.isEmpty, "\(result)")
        #expect(result.errors.contains(message), "\(result.errors)")
    }

    @Test func aFolderWithoutImagesEndsWithStatus2() throws {
        let result = try runTessera(["bench", "accuracy", "--data-dir", "/nowhere"])
        #expect(result.status == 2 && result.errors.contains("/nowhere"), "\(result.errors)")
        let missing = try runTessera(["bench", "accuracy"])
        #expect(missing.status == 64 && missing.errors.contains("--data-dir"))
    }

    // MARK: - Plan

    @Test func thePlanHasATimeForEachAlgorithm() throws {
        let record = try json(runTessera(["bench", "plan", "--json"]))
        #expect(
            record["table"] as? [String: String]
                == ["conv1": "direct", "conv2": "winograd4", "conv3": "winograd4"])
        let measured = try #require(record["measured"] as? [String: String])
        let timings = try #require(record["timings"] as? [[String: Any]])
        var totals: [String: [String: Double]] = [:]
        for timing in timings {
            let layer = try #require(timing["layer"] as? String)
            let algorithm = try #require(timing["algorithm"] as? String)
            let parts = ["forward", "backward"].compactMap {
                timing[$0] as? Double
            }
            #expect(parts.count == 2 && parts[0] > 0 && parts[1] > 0)
            totals[layer, default: [:]][algorithm] = parts.reduce(0, +)
        }
        let all: Set = ["im2col", "implicit_gemm", "winograd2", "winograd4"]
        #expect(Set(totals["conv1"]!.keys) == all.union(["direct"]))
        for layer in ["conv2", "conv3"] {
            #expect(Set(totals[layer]!.keys) == all)
            // The fastest of those that can be fused, or im2col everywhere.
            let fused = totals[layer]!.filter { $0.key != "im2col" }.min { $0.value < $1.value }!
            #expect([fused.key, "im2col"].contains(measured[layer]))
        }
    }

    @Test func thePlansTextNamesTheChoices() throws {
        let result = try runTessera(["bench", "plan"])
        #expect(result.status == 0, "\(result.errors)")
        let rows = result.output.split(separator: "\n").filter { $0.hasPrefix("conv") }
        #expect(rows.count == 13, "\(result.output)")
        for layer in ["conv1", "conv2", "conv3"] {
            #expect(rows.filter { $0.hasPrefix(layer) && $0.contains("auto") }.count == 1)
            #expect(rows.filter { $0.hasPrefix(layer) && $0.contains("measure") }.count == 1)
        }
    }
}
