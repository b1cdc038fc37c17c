import Datasets
import DurableFiles
import Foundation
import Inference
import TestSupport
import Testing

@Suite struct PredictionWriterTests {
    private static let good = PredictionRow(
        path: "dir/a,\"b\"\r\n.png",
        topK: [
            RankedLabel(label: "7", probability: 0.75), RankedLabel(label: "1", probability: 0.2),
        ],
        isUnderThreshold: true,
        preparation: Preparation(
            isUsedAsIs: false, polarity: .darkOnLight, warnings: ["a, b", "c"]))
    private static let bad = PredictionRow(path: "é☃.png", error: "line\u{1}\n\tfeed, \\ \"q\"")

    @Test func csvQuotesAsRFC4180() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("new/rows.csv")
            let writer = try PredictionWriter(to: file.path, topK: 3)
            try writer.write(Self.good)
            try writer.write(Self.bad)
            try writer.finish()
            #expect(
                try String(contentsOf: file, encoding: .utf8) == """
                    path,label,confidence,under_threshold,top1_label,top1_probability,top2_label,\
                    top2_probability,top3_label,top3_probability,error,warnings
                    "dir/a,""b""\r
                    .png",7,0.75,true,7,0.75,1,0.2,,,,"a, b; c"
                    é☃.png,,,,,,,,,,"line\u{1}
                    \tfeed, \\ ""q""\",

                    """)
        }
    }

    private struct Line: Decodable, Equatable {
        struct Rank: Decodable, Equatable {
            let label: String
            let probability: Float
        }
        let path: String
        let label: String?
        let confidence: Float?
        let under_threshold: Bool?
        let top_k: [Rank]
        let used_as_is: Bool?
        let polarity: String?
        let error: String?
        let warnings: [String]
    }

    @Test func jsonLinesParseToTheSameRows() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("rows.jsonl")
            let writer = try PredictionWriter(to: file.path, topK: 2)
            try writer.write(Self.good)
            try writer.write(Self.bad)
            try writer.finish()
            let text = try String(contentsOf: file, encoding: .utf8)
            let lines = try text.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
            #expect(
                lines == [
                    Line(
                        path: Self.good.path, label: "7", confidence: 0.75, under_threshold: true,
                        top_k: [
                            .init(label: "7", probability: 0.75),
                            .init(label: "1", probability: 0.2),
                        ],
                        used_as_is: false, polarity: "dark-on-light", error: nil,
                        warnings: ["a, b", "c"]),
                    Line(
                        path: Self.bad.path, label: nil, confidence: nil, under_threshold: nil,
                        top_k: [], used_as_is: nil, polarity: nil, error: Self.bad.error,
                        warnings: []),
                ])
        }
    }

    @Test func anUnfinishedWriterLeavesTheOldFile() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("rows.csv")
            try Data("old".utf8).write(to: file)
            do {
                let writer = try PredictionWriter(to: file.path, topK: 1)
                for _ in 0..<5_000 { try writer.write(Self.good) }
                #expect(try folderContents(folder).count == 2)
            }
            #expect(try Data(contentsOf: file) == Data("old".utf8))
            #expect(try folderContents(folder) == ["rows.csv"])
        }
    }

    @Test func theExtensionTellsTheFormat() throws {
        #expect(try PredictionFormat(path: "a.CSV") == .csv)
        #expect(try PredictionFormat(path: "a.ndjson") == .jsonLines)
        #expect(throws: ScoringError.outputFormat(path: "a.txt")) {
            try PredictionFormat(path: "a.txt")
        }
    }

    @Test func anOpenFileCanBeWrittenTo() throws {
        let pipe = Pipe()
        let stream = CheckedOutput(pipe.fileHandleForWriting.fileDescriptor, name: "pipe")
        let writer = PredictionWriter(.jsonLines, topK: 1, to: stream)
        try writer.write(PredictionRow(path: "p", error: "e"))
        try writer.finish()
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(
            text == """
                {"schema_version":1,"path":"p","label":null,"confidence":null,\
                "under_threshold":null,"top_k":[],"used_as_is":null,"polarity":null,"error":"e",\
                "warnings":[]}

                """)
    }

    @Test func aFullDiskIsAnError() throws {
        let handle = try #require(FileHandle(forWritingAtPath: "/dev/full"))
        let writer = PredictionWriter(
            .csv, topK: 1, to: CheckedOutput(handle.fileDescriptor, name: "full"))
        #expect(throws: OutputError(name: "full", code: ENOSPC)) { try writer.finish() }
    }
}
