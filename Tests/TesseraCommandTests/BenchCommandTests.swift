import Foundation
import TestSupport
import Testing

/// `tessera bench` as a user runs it, for fractions of a second.
@Suite struct BenchCommandTests {
    private let quick = ["--batch", "8", "--seconds", "0.2", "--threads", "2"]

    private func json(_ result: ProgramResult) throws -> [String: Any] {
        #expect(result.status == 0, "\(result.errors)")
        return try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any],
            "\(result.output)")
    }

    @Test(arguments: ["train", "infer"]) func theJSONHasEveryFigure(subject: String) throws {
        let start = ContinuousClock.now
        let record = try json(
            runTessera(["bench", subject, "--json", "--conv", "im2col"] + quick))
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        #expect(record["subject"] as? String == subject && record["data"] as? String == "random")
        #expect(record["batch"] as? Int == 8 && record["threads"] as? Int == 2)
        #expect(record["parameters"] as? Int == 455_754)
        let speeds = try #require(record["images_per_second"] as? [String: Any])
        let samples = try #require(speeds["samples"] as? [Double])
        let (median, best) = (
            try #require(speeds["median"] as? Double), try #require(speeds["best"] as? Double)
        )
        #expect(!samples.isEmpty && samples.allSatisfy { $0 > 0 })
        #expect(best == samples.max() && (samples.min()!...best).contains(median))
        let latency = try #require(record["latency_ms"] as? [String: Double])
        let typical = try #require(latency["median"])
        #expect(typical > 0 && typical <= latency["p99"]!)
        #expect(record["steps_per_sample"] as? Int ?? 0 >= 1)
        let first = try #require(record["seconds_to_first_batch"] as? Double)
        #expect(first > 0 && first < seconds)
        #expect(record["peak_memory_bytes"] as? Int ?? 0 > 10_000_000)
        #expect(
            record["convolution_plan"] as? [String: String]
                == ["conv1": "im2col", "conv2": "im2col", "conv3": "im2col"])
        let machine = try #require(record["machine"] as? [String: Any])
        #expect(
            Set(machine.keys) == ["cpu", "cores", "blas", "blas_core", "cpu_level"])
        #expect(record["profile"] == nil && record["comparison"] == nil)
        #expect((record["last_loss"] as? Double != nil) == (subject == "train"))
    }

    @Test func theTextTellsTheSame() throws {
        let result = try runTessera(["bench", "infer"] + quick)
        #expect(result.status == 0, "\(result.errors)")
        let lines = result.output.split(separator: "\n")
        #expect(lines[0] == "inference, batch 8, 2 threads, 455,754 parameters, random images")
        for label in ["images/s", "latency", "first batch", "peak memory", "machine"] {
            #expect(lines.contains { $0.hasPrefix(label + " ") }, "\(label)")
        }
        #expect(lines.contains("convolutions  direct, winograd4, winograd4"))
    }

    @Test(arguments: [("train", "conv2 backward", "optimizer"), ("infer", "conv2", "softmax")])
    func theProfileTellsWhereTheTimeGoes(subject: String, layer: String, last: String) throws {
        let arguments = ["bench", subject, "--profile", "--conv", "im2col"] + quick
        let record = try json(runTessera(arguments + ["--json"]))
        let rows = try #require(record["profile"] as? [[String: Any]])
        let byName = Dictionary(uniqueKeysWithValues: rows.map { ($0["name"] as! String, $0) })
        let shares = rows.compactMap { $0["share"] as? Double }
        #expect(shares.count == rows.count && abs(shares.reduce(0, +) - 1) < 0.01, "\(shares)")
        let row = try #require(byName[layer])
        for key in [
            "seconds_per_step", "calls_per_step", "gigaflops_per_second", "gigabytes_per_second",
            "flops_per_byte",
        ] {
            #expect(row[key] as? Double ?? 0 > 0, "\(key)")
        }
        // A batch of eight is one chunk.
        #expect(row["calls_per_step"] as? Double == 1)
        #expect(byName[last] != nil)
        #expect(rows.last?["name"] as? String == "other")

        let text = try runTessera(arguments)
        let title = text.output.split(separator: "\n").first { $0.hasPrefix("section ") }
        #expect(
            title?.split(separator: " ")
                == ["section", "ms/step", "share", "calls", "GFLOP/s", "GB/s", "FLOP/byte"])
        #expect(text.output.contains("\n\(layer) "), "\(text.output)")
    }

    @Test func imagesComeFromAFolder() throws {
        try withTemporaryFolder { folder in
            let digits = try DigitFolder(in: folder, trainCount: 60, testCount: 10)
            let flags = ["bench", "train", "--json", "--data-dir", digits.url.path] + quick
            #expect(try json(runTessera(flags))["data"] as? String == "mnist")
            let large = try runTessera(flags + ["--batch", "61"])
            #expect(large.status == 64, "\(large.errors)")
            #expect(large.errors.contains("--batch 61: there are 60 images"), "\(large.errors)")
        }
    }

    // MARK: - Comparison

    /// A stored result with other samples, and whatever else is changed.
    private func store(
        _ record: [String: Any], samples: [Double],
        change: (inout [String: Any]) -> Void = { _ in },
        in folder: URL
    ) throws -> String {
        var changed = record
        changed["images_per_second"] = ["median": 1.0, "best": 1.0, "samples": samples]
        change(&changed)
        let url = folder.appendingPathComponent("earlier.json")
        try JSONSerialization.data(withJSONObject: changed).write(to: url)
        return url.path
    }

    /// Against speeds that nothing reaches, and that everything does.
    @Test func aComparisonSaysFasterOrSlower() throws {
        try withTemporaryFolder { folder in
            let flags = ["bench", "infer", "--json"] + quick
            let record = try json(runTessera(flags))
            let slow = try store(record, samples: [1, 1.1, 1.2, 1.3, 1.4, 1.5], in: folder)
            let faster = try json(runTessera(flags + ["--against", slow, "--fail-if-slower"]))
            let comparison = try #require(faster["comparison"] as? [String: Any])
            #expect(comparison["verdict"] as? String == "faster")
            #expect(comparison["against"] as? String == slow)
            #expect(comparison["earlier_median"] as? Double == 1.3)
            #expect(comparison["earlier_sample_count"] as? Int == 6)
            #expect(comparison["alpha"] as? Double == 0.01)
            #expect(comparison["p_value"] as? Double ?? 1 < 0.01)
            let (low, ratio, high) = (
                comparison["ratio_low"] as? Double ?? 0, comparison["ratio"] as? Double ?? 0,
                comparison["ratio_high"] as? Double ?? 0
            )
            #expect(1 < low && low <= ratio && ratio <= high)

            let fast = try store(record, samples: (1...6).map { 1e9 + Double($0) }, in: folder)
            let text = ["bench", "infer"] + quick + ["--against", fast]
            let slower = try runTessera(text)
            #expect(slower.status == 0 && slower.output.contains("6 samples): slower"))
            #expect(slower.output.contains("95 % interval"), "\(slower.output)")
            let failed = try runTessera(text + ["--fail-if-slower"])
            #expect(failed.status == 1)
            #expect(failed.output.contains("slower"), "\(failed.output)")
        }
    }

    @Test func aComparisonTellsWhatElseDiffers() throws {
        try withTemporaryFolder { folder in
            let flags = ["bench", "infer", "--json"] + quick
            let record = try json(runTessera(flags + ["--conv", "im2col"]))
            let path = try store(
                // One: beside two, nineteen blocks would be enough to tell.
                record, samples: [1],
                change: {
                    var machine = $0["machine"] as! [String: Any]
                    machine["cpu"] = "Abacus"
                    $0["machine"] = machine
                    $0["data"] = "mnist"
                }, in: folder)
            let compared = try json(runTessera(flags + ["--against", path]))
            let comparison = try #require(compared["comparison"] as? [String: Any])
            let notes = try #require(comparison["notes"] as? [String])
            #expect(notes.contains { $0.contains("Abacus") })
            #expect(notes.contains("another data: mnist then, random now"))
            #expect(notes.contains { $0.contains("im2col, im2col, im2col then") })
            #expect(notes.contains { $0.contains("too few to tell") }, "\(notes)")
            #expect(comparison["verdict"] as? String == "no change beyond noise")
        }
    }

    @Test func whatIsNoResultOrAnotherIsRefusedBeforeMeasuring() throws {
        try withTemporaryFolder { folder in
            let flags = ["bench", "infer"] + quick
            let record = try json(runTessera(flags + ["--json"]))
            func refused(
                _ text: String, samples: [Double] = [1],
                change: @escaping (inout [String: Any]) -> Void = { _ in }
            ) throws {
                let path = try store(record, samples: samples, change: change, in: folder)
                let result = try runTessera(flags + ["--seconds", "86400", "--against", path])
                #expect(result.status == 2 && result.output.isEmpty)
                #expect(result.errors.contains("earlier.json: "), "\(result.errors)")
                #expect(result.errors.contains(text), "\(result.errors)")
            }
            try refused("its batch is 9, this measurement's 8") { $0["batch"] = 9 }
            try refused("its threads is 1, this measurement's 2") { $0["threads"] = 1 }
            try refused("its subject is train, this measurement's infer") {
                $0["subject"] = "train"
            }
            try refused("not a result of `tessera bench`: subject") { $0["subject"] = "sgemm" }
            try refused("machine is missing") { $0["machine"] = nil }
            try refused("batch is of the wrong type") { $0["batch"] = "8" }
            try refused("images_per_second.samples must be", samples: [])
            try refused("images_per_second.samples must be", samples: [3, -1])

            let text = folder.appendingPathComponent("earlier.json")
            try Data("faster than ever".utf8).write(to: text)
            let noJSON = try runTessera(flags + ["--against", text.path])
            #expect(noJSON.status == 2 && noJSON.errors.contains("it isn't JSON"))
            let missing = try runTessera(flags + ["--against", "missing.json"])
            #expect(missing.status == 2 && missing.errors.contains("missing.json"))
        }
    }

    @Test(arguments: [
        (["bench", "train", "--batch", "0"], "--batch 0: must be a whole number from 1 to 65536"),
        (
            ["bench", "train", "--batch", "-3"],
            "--batch -3: must be a whole number from 1 to 65536"
        ),
        (["bench", "train", "--batch", "many"], "--batch many: must be a number"),
        (
            ["bench", "infer", "--threads", "1025"],
            "--threads 1025: must be a whole number from 1 to 1024"
        ),
        (["bench", "infer", "--seconds", "0"], "--seconds 0.0: must be a number greater than 0"),
        (["bench", "infer", "--seconds", "nan"], "--seconds NaN: must be a number greater than 0"),
        (["bench", "infer", "--seconds", "inf"], "at most 86400"),
        (
            ["bench", "infer", "--conv", "fft"],
            "--conv fft: must be one of auto, measure, im2col, winograd2, winograd4"
        ),
        (["bench", "infer", "--fail-if-slower"], "--fail-if-slower goes with --against."),
        (["bench", "infer", "--epochs", "3"], "Unknown option '--epochs'"),
        (["bench", "sing"], "tessera bench: unknown command sing; `tessera bench --help`"),
    ])
    func wrongFlagsEndWithStatus64(arguments: [String], message: String) throws {
        let result = try runTessera(arguments)
        #expect(result.status == 64 && result.output.isEmpty, "\(result.output)")
        #expect(result.errors.contains(message), "\(result.errors)")
    }

    @Test func aFolderWithoutImagesEndsWithStatus2() throws {
        let result = try runTessera(["bench", "train", "--data-dir", "/nowhere"])
        #expect(result.status == 2 && result.errors.contains("/nowhere"), "\(result.errors)")
    }
}
