import Foundation
import TestSupport
import Testing

@testable import RunExports

/// Event files as TensorBoard's own reader sees them.
@Suite(TrackingPython.isThere, .timeLimit(.minutes(5)))
struct TensorBoardReaderTests {
    /// What `read_tensorboard.py` prints of a run.
    struct ReadRun: Decodable {
        struct Point: Decodable, Equatable {
            let step: Int
            let at: Double
            let bits: UInt32

            init(_ metric: ExportedMetric) {
                step = metric.step
                at = metric.at.timeIntervalSince1970
                // Python knows one NaN only.
                bits = metric.value.isNaN ? Float.nan.bitPattern : Float(metric.value).bitPattern
            }

            init(from decoder: any Decoder) throws {
                var values = try decoder.unkeyedContainer()
                step = try values.decode(Int.self)
                at = try values.decode(Double.self)
                bits = try values.decode(UInt32.self)
            }
        }

        struct Sessions: Decodable {
            struct Start: Decodable { let sessionStartInfo: StartInfo }
            struct StartInfo: Decodable {
                let hparams: Hyperparameters?
                let groupName: String
                let startTimeSecs: Double
            }
            struct Hyperparameters: Decodable, Equatable {
                let augment: Bool
                let learning_rate: Double
                let optimizer: String
            }
            struct End: Decodable { let sessionEndInfo: EndInfo }
            struct EndInfo: Decodable {
                let status: String
                let endTimeSecs: Double
            }

            let session_start_info: Start
            let session_end_info: End?
        }

        let scalars: [String: [Point]]
        let texts: [String: String]
        let sessions: Sessions
    }

    private func readBack(_ runs: [ExportedRun]) throws -> [String: ReadRun] {
        try withTemporaryFolder { folder in
            for run in runs { try TensorBoardExport.write(run, to: folder) }
            let output = try TrackingPython.run(
                goldenFile("tracking/read_tensorboard.py"), [folder.path])
            return try JSONDecoder().decode([String: ReadRun].self, from: output)
        }
    }

    @Test func everyPointComesBackExactly() throws {
        let runs = [ExportedRun.small, .long()]
        // Exported once more: no point is there twice.
        let read = try readBack(runs + runs)
        #expect(read.keys.sorted() == ["long", "run-1"])
        for run in runs {
            let expected = Dictionary(grouping: run.metrics, by: \.name)
                .mapValues { $0.map(ReadRun.Point.init) }
            #expect(read[run.id]?.scalars == expected)
        }
    }

    @Test func parametersAndStatusComeBack() throws {
        var cancelled = ExportedRun.small
        (cancelled.id, cancelled.status, cancelled.parameters) = ("run-2", .cancelled, [:])
        var running = ExportedRun.small
        (running.id, running.status, running.finishedAt) = ("run-3", .running, nil)
        let read = try readBack([.small, cancelled, running])
        let start = try #require(read["run-1"]?.sessions.session_start_info.sessionStartInfo)
        #expect(
            start.hparams == .init(augment: true, learning_rate: 1e-3, optimizer: "adam"))
        #expect(start.groupName == "run-1")
        #expect(start.startTimeSecs == 1_700_000_000.25)
        let ends = read.mapValues { $0.sessions.session_end_info?.sessionEndInfo }
        #expect(ends["run-1"]??.status == "STATUS_SUCCESS")
        #expect(ends["run-1"]??.endTimeSecs == 1_700_000_060.5)
        #expect(ends["run-2"]??.status == "STATUS_FAILURE")
        #expect(ends["run-3"]! == nil)
        #expect(read["run-3"]?.texts["tessera/run"]?.contains("| status | running |") == true)
        #expect(
            read["run-1"]?.texts["tessera/parameters"]?.contains("| optimizer | adam |") == true)
    }
}
