import Foundation
import TestSupport
import Testing

@testable import RunExports

/// A real MLflow server, and what its own client finds there.
@Suite(TrackingPython.isThere, .serialized, .timeLimit(.minutes(10)))
struct MLflowReaderTests {
    /// What `read_mlflow.py` prints of a run.
    struct ReadRun: Decodable {
        struct Point: Decodable, Equatable {
            let step: Int
            let milliseconds: Int64
            let value: String

            init(_ step: Int, _ milliseconds: Int64, _ value: String) {
                (self.step, self.milliseconds, self.value) = (step, milliseconds, value)
            }

            /// Swift and Python both print the shortest digits that give the number back.
            init(_ metric: ExportedMetric) {
                let seconds = metric.at.timeIntervalSince1970
                self.init(metric.step, Int64(seconds * 1000), "\(metric.value)")
            }

            init(from decoder: any Decoder) throws {
                var values = try decoder.unkeyedContainer()
                step = try values.decode(Int.self)
                milliseconds = try values.decode(Int64.self)
                value = try values.decode(String.self)
            }
        }

        let id: String
        let name: String
        let status: String
        let start: Int64
        let end: Int64?
        let parameters: [String: String]
        let tags: [String: String]
        let metrics: [String: [Point]]
        let artifacts: [String: Data]
    }

    private static let server = Result { try MLflowProcess() }

    private func export(_ run: ExportedRun) throws -> MLflowExportResult {
        let address = try Self.server.get().address
        return try MLflowExport(to: address + "/", credentials: .none).write(run)
    }

    private func read(_ experiment: String) throws -> [ReadRun] {
        let output = try TrackingPython.run(
            goldenFile("tracking/read_mlflow.py"), [try Self.server.get().address, experiment])
        return try JSONDecoder().decode([ReadRun].self, from: output)
    }

    private static func metrics(of run: ExportedRun) -> [String: [ReadRun.Point]] {
        Dictionary(grouping: run.metrics, by: \.name).mapValues { $0.map(ReadRun.Point.init) }
    }

    @Test func aRunComesBackWhole() throws {
        try withTemporaryFolder { folder in
            var run = ExportedRun.small
            run.metrics.removeAll { !$0.value.isFinite }
            let model = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
            let file = folder.appendingPathComponent("model")
            try model.write(to: file)
            let empty = folder.appendingPathComponent("empty")
            try Data().write(to: empty)
            run.artifacts = [
                .init(path: "model/model.safetensors", file: file),
                .init(path: "Bericht é.txt", file: empty),
            ]
            let result = try export(run)
            #expect(result.isNew)
            #expect(result.notes == [])
            let read = try #require(try read("digits").first)
            #expect(read.id == result.runID)
            #expect(read.name == "a | b")
            #expect(read.status == "FINISHED")
            #expect(read.start == 1_700_000_000_250)
            #expect(read.end == 1_700_000_060_500)
            #expect(read.parameters == run.parameters)
            #expect(read.tags["machine"] == "<small> & *old*")
            #expect(read.tags["tessera.run"] == "run-1")
            #expect(read.metrics == Self.metrics(of: run))
            #expect(
                read.artifacts == ["model/model.safetensors": model, "Bericht é.txt": Data()])
        }
    }

    @Test func exportingAgainCompletesTheRun() throws {
        try withTemporaryFolder { folder in
            var run = ExportedRun.long(points: 2500)
            run.experiment = "continued"
            let all = run.metrics
            let file = folder.appendingPathComponent("notes")
            try Data("first".utf8).write(to: file)
            run.artifacts = [.init(path: "notes.txt", file: file)]
            (run.status, run.finishedAt) = (.running, nil)
            run.metrics = Array(all.prefix(1200))
            run.parameters = ["seed": "1"]
            let first = try export(run)
            var read = try read("continued")
            #expect(read.map(\.status) == ["RUNNING"])
            #expect(read[0].end == nil)

            try Data("second".utf8).write(to: file)
            (run.status, run.finishedAt) = (.cancelled, ExportedRun.date(400))
            run.metrics = all
            run.parameters["epochs"] = "20"
            run.name = "renamed"
            let second = try export(run)
            #expect(!second.isNew)
            #expect(second.runID == first.runID)
            read = try self.read("continued")
            #expect(read.map(\.status) == ["KILLED"])
            #expect(read[0].name == "renamed")
            #expect(read[0].tags["tessera.status"] == "cancelled")
            #expect(read[0].end == 1_700_000_400_000)
            #expect(read[0].parameters == ["seed": "1", "epochs": "20"])
            #expect(read[0].metrics == Self.metrics(of: run))
            #expect(read[0].artifacts == ["notes.txt": Data("second".utf8)])
        }
    }

    @Test func whatMLflowDoesNotTakeIsFittedAndNoted() throws {
        var run = ExportedRun.small
        run.id = "it's `odd` \" \\ é"
        run.experiment = String(repeating: "ü", count: 501)
        run.name = String(repeating: "n", count: 251)
        let long = String(repeating: "é", count: 6001)
        let names = ["", ".", "..", "/etc", "a//b", "a/../b", "x/", "1\n2", "a|b", "e\u{301}", "数"]
        run.parameters = Dictionary(uniqueKeysWithValues: names.map { ($0, $0) })
        for index in 0..<120 { run.parameters["long \(index)"] = long }
        run.tags = [
            "mlflow.runName": "another", "tessera.run": "another", "t?": long + long,
            String(repeating: "k", count: 251): "",
        ]
        let file = goldenFile("tracking/requirements.txt")
        run.artifacts = [.init(path: "50%25/a#1\\ é.txt", file: file)]
        let result = try export(run)
        #expect(try !export(run).isNew)
        let read = try #require(try read(String(repeating: "ü", count: 491) + "-1d49219c").first)
        #expect(read.parameters.count == run.parameters.count)
        #expect(read.parameters["long 7"] == String(repeating: "é", count: 6000))
        #expect(read.parameters["数"] == "数")
        #expect(read.tags["tag.mlflow.runName"] == "another")
        #expect(read.tags["tessera.run"] == run.safeID)
        #expect(Array(read.artifacts.values) == [try Data(contentsOf: file)])
        #expect(read.artifacts.keys.first?.hasSuffix("-a_1_ é.txt") == true)
        // Ten names, 120 values, a name and a value of tags, two reserved ones, the long names of
        // experiment, run and tag, an artifact; of metrics one infinite.
        #expect(result.notes.count == 10 + 120 + 2 + 2 + 3 + 1 + 1)
        let loss = try #require(read.metrics["train/loss"])
        #expect(loss.map(\.value) == ["2.302585092994046", "0.1", "nan"])
        #expect(read.metrics["train/norm"]?.map(\.value) == ["1.7976931348623157e+308"])
    }

    @Test func aChangedParameterIsRefused() throws {
        var run = ExportedRun.small
        run.experiment = "changed"
        let result = try export(run)
        run.parameters["optimizer"] = "sgd"
        #expect(
            throws: RunExportError.parameterChanged(
                name: "optimizer", recorded: "adam", exported: "sgd", run: result.page)
        ) { try export(run) }
    }

    @Test func aDeletedExperimentIsNamed() throws {
        var run = ExportedRun.small
        run.experiment = "gone"
        let id = try export(run).experimentID
        let address = try Self.server.get().address
        let server = try MLflowServer(address, credentials: .none, policy: MLflowPolicy())
        let _: MLflowMessages.Nothing = try server.post(
            "experiments/delete", ["experiment_id": id])
        #expect(
            throws: RunExportError.deletedExperiment(name: "gone", id: id, server: address)
        ) { try export(run) }
    }

    @Test func anotherPathOfTheServerIsNotMLflow() throws {
        let address = try Self.server.get().address + "/mlflow"
        #expect {
            try MLflowExport(to: address, credentials: .none).write(.small)
        } throws: { error in
            guard case RunExportError.notMLflow(let url, 404, _) = error else { return false }
            return url.hasPrefix(address)
        }
    }
}

/// A server that runs until this process ends.
private struct MLflowProcess: @unchecked Sendable {
    let address: String
    /// Both are only kept: the server ends when the pipe is closed.
    private let process = Process()
    private let input = Pipe()

    init() throws {
        process.executableURL = URL(fileURLWithPath: try #require(TrackingPython.path))
        process.arguments = [goldenFile("tracking/serve_mlflow.py").path]
        let output = Pipe()
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        try #require(line.hasPrefix("http://"), "MLflow's server did not start")
        address = line.trimmingCharacters(in: .newlines)
    }
}
