import Datasets
import Foundation
import Inference
import TestSupport
import Testing

@Suite struct BatchScorerTests {
    // MARK: - Folders

    @Test func aMixedFolderGivesARowForEachPictureInPathOrder() throws {
        try withTemporaryFolder { folder in
            let names = [
                "a.png", "a/inner.PNG", "a-b.png", "deep/er/7.png", "line\nbreak.png",
                "quote\",comma.png", "ünïcode ☃.png",
            ]
            for (index, name) in names.enumerated() { try write(digit: index * 5, folder, name) }
            try write(Data("not a picture".utf8), folder, "broken.jpg")
            try write(png(digit: 1).prefix(100), folder, "cut.png")
            try write(Data(), folder, "empty.bmp")
            for name in ["notes.txt", "deep/labels.csv", ".hidden.png", ".cache/1.png", "noname"] {
                try write(Data("x".utf8), folder, name)
            }
            let (rows, summary) = try score([folder.path])

            let good = Dictionary(
                uniqueKeysWithValues: try names.enumerated().map {
                    ($1, try label(ofDigit: $0 * 5))
                })
            let expected = (names + ["broken.jpg", "cut.png", "empty.bmp"])
                .map { "\(folder.path)/\($0)" }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            #expect(rows.map(\.path) == expected)
            for row in rows {
                let name = String(row.path.dropFirst(folder.path.count + 1))
                #expect(row.label == good[name], "\(name)")
                #expect((row.error == nil) == (good[name] != nil), "\(name): \(row.error ?? "")")
            }
            #expect(error(rows, "broken.jpg")!.hasPrefix("not a picture: it starts with 6e 6f"))
            #expect(error(rows, "cut.png")!.contains("ends too early"))
            #expect(error(rows, "empty.bmp")!.hasPrefix("the file is empty"))
            #expect(summary.scored == 7 && summary.failed == 3 && summary.skipped == 5)
            #expect(summary.usedAsIs == 7 && summary.inverted == 0)
            #expect(summary.countsByLabel.values.reduce(0, +) == 7)
            #expect(summary.countsByLabel.count == 10)
            #expect(summary.elapsedSeconds > 0 && summary.imagesPerSecond > 0)
        }
    }

    @Test func whatIsNotThereOrHoldsNoPicturesIsARow() throws {
        try withTemporaryFolder { folder in
            try write(Data("x".utf8), folder, "texts/a.txt")
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/void", withIntermediateDirectories: false)
            try write(digit: 20, folder, "4.png")
            let paths = ["none.png", "texts", "void", "4.png"].map { "\(folder.path)/\($0)" }
            let (rows, summary) = try score(paths)
            #expect(
                rows.map(\.error) == [
                    "No such file or directory", "no images in this folder",
                    "no images in this folder", nil,
                ])
            #expect(rows.map(\.path) == paths)
            #expect(rows[3].label == "4")
            #expect(summary.failed == 3 && summary.scored == 1 && summary.skipped == 1)
        }
    }

    @Test func loopsOfLinksEndAndLinksAreFollowed() throws {
        try withTemporaryFolder { folder in
            try write(digit: 0, folder, "real/0.png")
            try link("../real", folder, "real/up")
            try link("..", folder, "real/parent")
            try link("real", folder, "second")
            try link("real/0.png", folder, "linked.png")
            try link("nowhere", folder, "dangling.png")
            try link("self.png", folder, "self.png")
            let (rows, summary) = try score([folder.path])
            let expected: [(String, String?, String?)] = [
                ("dangling.png", nil, "broken link to nowhere"), ("linked.png", "0", nil),
                ("real/0.png", "0", nil), ("real/parent", nil, "link back to DIR/"),
                ("real/up", nil, "link back to DIR/real/"),
                // What is reached in two ways is there twice.
                ("second/0.png", "0", nil), ("second/parent", nil, "link back to DIR/"),
                ("second/up", nil, "link back to DIR/second/"),
                ("self.png", nil, "Too many levels of symbolic links"),
            ]
            let names = rows.map { String($0.path.dropFirst(folder.path.count + 1)) }
            #expect(names == expected.map { $0.0 })
            #expect(rows.map { $0.label } == expected.map { $0.1 })
            for (row, (name, _, reason)) in zip(rows, expected) {
                let text = (row.error ?? "").replacingOccurrences(of: folder.path, with: "DIR")
                #expect(text.hasPrefix(reason ?? "") && (row.error == nil) == (reason == nil))
                #expect(row.isUnread == (reason != nil), "\(name)")
            }
            #expect(summary.skipped == 0)
        }
    }

    @Test func pipesAndNamesThatAreNotUTF8AreRows() throws {
        try withTemporaryFolder { folder in
            #expect(mkfifo("\(folder.path)/pipe.png", 0o600) == 0)
            #expect(mkfifo("\(folder.path)/pipe-idx3-ubyte", 0o600) == 0)
            let name = Array("\(folder.path)/".utf8) + [0x66, 0xFF] + Array(".png".utf8) + [0]
            let descriptor = name.map { CChar(bitPattern: $0) }.withUnsafeBufferPointer {
                open($0.baseAddress!, O_CREAT | O_WRONLY, 0o600)
            }
            #expect(descriptor >= 0)
            close(descriptor)
            let (rows, _) = try score([folder.path])
            #expect(
                rows.compactMap(\.error).sorted() == [
                    "not a regular file", "not a regular file",
                    "the name is not valid UTF-8; rename the file",
                ])
            let (single, _) = try score(["\(folder.path)/pipe.png"])
            #expect(single.map(\.error) == ["can't be read: not a regular file"])
        }
    }

    // MARK: - IDX

    @Test func idxFilesPlainAndGzipGiveTheLabelsOfTheirPictures() throws {
        try withTemporaryFolder { folder in
            let digits = try SampleDigits.images()
            let file = IDXFile(dimensions: [50, 28, 28], elements: digits.flatMap { $0 })
            try write(Data(file.encoded()), folder, "d/test-idx3-ubyte")
            try write(Data(file.gzipped()), folder, "d/zipped.idx.gz")
            try write(Data(file.gzipped()), folder, "anything")
            for index in 0..<50 { try write(digit: index, folder, "pngs/\(100 + index).png") }

            let (pictures, _) = try score(["\(folder.path)/pngs"])
            let (rows, summary) = try score(["\(folder.path)/d", "\(folder.path)/anything"])
            #expect(rows.count == 150 && summary.scored == 150)
            let prefixes = ["d/test-idx3-ubyte#", "d/zipped.idx.gz#", "anything#"]
            for (index, row) in rows.enumerated() {
                #expect(row.path == "\(folder.path)/\(prefixes[index / 50])\(index % 50)")
                #expect(row.topK == pictures[index % 50].topK)
            }
        }
    }

    @Test func brokenIDXFilesAreOneRowEach() throws {
        try withTemporaryFolder { folder in
            let file = IDXFile(dimensions: [2, 28, 28], elements: .init(repeating: 9, count: 1568))
            try write(Data(file.encoded().dropLast(10)), folder, "cut-idx3-ubyte")
            try write(
                Data(IDXFile(dimensions: [3], elements: [1, 2, 3]).encoded()), folder, "labels")
            try write(Data([0x1F, 0x8B, 1, 2, 3]), folder, "zip.gz")
            let paths = ["cut-idx3-ubyte", "labels", "zip.gz"].map { "\(folder.path)/\($0)" }
            let (rows, summary) = try score(paths)
            #expect(rows.map(\.path) == paths && summary.failed == 3)
            #expect(rows[0].error!.contains("1574") || rows[0].error!.contains("1584"))
            #expect(rows[1].error!.contains("2049") && rows[1].error!.contains("2051"))
            #expect(rows[2].error!.contains("gzip"))
            #expect(rows.allSatisfy { !$0.error!.contains(folder.path) })
        }
    }

    @Test func otherSizesOfIDXPicturesAreNormalised() throws {
        try withTemporaryFolder { folder in
            let digit = try SampleDigits.images()[15]
            let large: [UInt8] = (0..<56 * 56).map { place in
                let (row, column) = (place / 56 / 2, place % 56 / 2)
                return 255 - digit[row * 28 + column]
            }
            try write(
                Data(IDXFile(dimensions: [1, 56, 56], elements: large).encoded()), folder, "x.idx")
            let (rows, summary) = try score([folder.path])
            #expect(rows.map(\.label) == ["3"])
            #expect(rows[0].preparation == Preparation(isUsedAsIs: false, polarity: .darkOnLight))
            #expect(summary.inverted == 1 && summary.usedAsIs == 0)
        }
    }

    /// As `evaluate` scores them: an IDX picture of MNIST's size is not judged.
    @Test func idxPicturesOfMNISTsSizeAreNeverRefusedUnlessPolarityIsSaid() throws {
        try withTemporaryFolder { folder in
            let inverted = try SampleDigits.images()[10].map { 255 - $0 }
            let file = IDXFile(
                dimensions: [2, 28, 28], elements: .init(repeating: 0, count: 784) + inverted)
            try write(Data(file.encoded()), folder, "x.idx")
            let (asIs, _) = try score([folder.path])
            #expect(asIs.allSatisfy { $0.preparation?.isUsedAsIs == true })
            var options = BatchScorer.Options()
            options.polarity = .darkOnLight
            let (rows, _) = try score([folder.path], NearestMeanClassifier(), options)
            #expect(rows.map(\.label) == [nil, "2"])
            #expect(rows[0].error?.hasPrefix("no digit found") == true)
        }
    }

    // MARK: - Batches

    @Test(arguments: [(1, 1), (7, 2), (16, 4), (256, 3)])
    func rowsDoNotDependOnBatchesOrThreads(batchSize: Int, threads: Int) throws {
        try withTemporaryFolder { folder in
            for index in 0..<50 { try write(digit: index, folder, "\(100 + index).png") }
            try write(Data("x".utf8), folder, "117-broken.png")
            let classifier = try NearestMeanClassifier()
            var options = BatchScorer.Options()
            (options.batchSize, options.threads) = (batchSize, threads)
            let (rows, _) = try score([folder.path], classifier, options)
            #expect(rows == (try score([folder.path])).0)
            #expect(classifier.batchSizes.max()! <= batchSize)
            #expect(classifier.batchSizes.reduce(0, +) == 50)
        }
    }

    @Test func rowsAreEmittedBeforeTheNextBatchIsRead() throws {
        try withTemporaryFolder { folder in
            for index in 0..<10 { try write(digit: index, folder, "\(index).png") }
            let classifier = try NearestMeanClassifier()
            var options = BatchScorer.Options()
            options.batchSize = 4
            var callsAtRow: [Int] = []
            _ = try BatchScorer(classifier: classifier, options: options)
                .score(paths: [folder.path]) { _ in callsAtRow.append(classifier.batchSizes.count) }
            #expect(callsAtRow == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3])
        }
    }

    @Test func aRunCanBeStopped() throws {
        try withTemporaryFolder { folder in
            for index in 0..<10 { try write(digit: index, folder, "\(index).png") }
            var options = BatchScorer.Options()
            options.batchSize = 4
            var rows = 0
            #expect(throws: CancellationError.self) {
                _ = try BatchScorer(classifier: NearestMeanClassifier(), options: options).score(
                    paths: [folder.path], shouldStop: { rows >= 4 }, emit: { _ in rows += 1 })
            }
            #expect(rows == 4)
        }
    }

    // MARK: - Labels

    @Test func topKThresholdAndTies() throws {
        try withTemporaryFolder { folder in
            try write(digit: 0, folder, "0.png")
            let classifier = FixedClassifier(["x", "y", "z"]) { _ in [0.3, 0.4, 0.3] }
            var options = BatchScorer.Options()
            for (threshold, isUnder) in [(nil, false), (Float(0.4), false), (0.41, true)] {
                options.threshold = threshold
                let (rows, summary) = try score([folder.path], classifier, options)
                #expect(rows[0].topK.map(\.label) == ["y", "x", "z"])
                #expect(rows[0].confidence == 0.4 && rows[0].isUnderThreshold == isUnder)
                #expect(summary.underThreshold == (isUnder ? 1 : 0))
            }
            options.topK = 1
            #expect(try score([folder.path], classifier, options).0[0].topK.count == 1)
        }
    }

    @Test func impossibleOptionsAreRefused() throws {
        func message(_ change: (inout BatchScorer.Options) -> Void) throws -> String {
            var options = BatchScorer.Options()
            change(&options)
            let classifier = try NearestMeanClassifier()
            do { _ = try BatchScorer(classifier: classifier, options: options) } catch {
                return "\(error)"
            }
            return ""
        }
        #expect(try message { $0.topK = 11 } == "--top-k 11: must be from 1 to 10")
        #expect(try message { $0.topK = 0 }.hasPrefix("--top-k 0:"))
        #expect(try message { $0.batchSize = 0 }.hasPrefix("--batch-size 0:"))
        #expect(try message { $0.threads = 0 }.hasPrefix("--threads 0:"))
        #expect(try message { $0.threshold = 1.5 }.hasPrefix("--threshold 1.5:"))
        #expect(try message { $0.threshold = .nan }.hasPrefix("--threshold NaN:"))
    }

    @Test func anUnusableModelEndsTheRun() throws {
        struct Broken: Error {}
        try withTemporaryFolder { folder in
            try write(digit: 0, folder, "0.png")
            let cases: [(FixedClassifier, String)] = [
                (FixedClassifier(["a", "b"]) { _ in throw Broken() }, "Broken()"),
                (
                    FixedClassifier(["a", "b"]) { _ in [1] },
                    "the model returned 1 probabilities for 1 images of 2 classes, expected 2"
                ),
                (
                    FixedClassifier(["a", "b"]) { _ in [.nan, 1] },
                    "\(folder.path)/0.png: the model's probability of a is nan, expected 0 to 1. "
                        + "The model is not usable; train or deploy another."
                ),
            ]
            var options = BatchScorer.Options()
            options.topK = 2
            for (classifier, message) in cases {
                var text = ""
                do { _ = try score([folder.path], classifier, options) } catch { text = "\(error)" }
                #expect(text == message)
            }
        }
    }

    @Test func thePolarityOverrideReachesThePictures() throws {
        try withTemporaryFolder { folder in
            let inverted = try SampleDigits.images()[10].map { 255 - $0 }
            try write(PNGEncoder.encode(inverted, width: 28, height: 28), folder, "2.png")
            var options = BatchScorer.Options()
            options.polarity = .lightOnDark
            #expect(
                try score([folder.path], NearestMeanClassifier(), options).0[0].error?
                    .hasPrefix("no digit found") == true)
            options.polarity = .darkOnLight
            #expect(try score([folder.path], NearestMeanClassifier(), options).0[0].label == "2")
        }
    }

    // MARK: - Helpers

    private func score(
        _ paths: [String], _ classifier: (any DigitClassifier)? = nil,
        _ options: BatchScorer.Options = BatchScorer.Options()
    ) throws -> ([PredictionRow], BatchSummary) {
        var rows: [PredictionRow] = []
        let scorer = try BatchScorer(
            classifier: classifier ?? NearestMeanClassifier(), options: options)
        let summary = try scorer.score(paths: paths) { rows.append($0) }
        return (rows, summary)
    }

    private func error(_ rows: [PredictionRow], _ name: String) -> String? {
        rows.first { $0.path.hasSuffix(name) }?.error
    }

    /// What the classifier says of the digit's own bytes.
    private func label(ofDigit index: Int) throws -> String {
        let classifier = try NearestMeanClassifier()
        let row = try classifier.probabilities(
            ofPixels: SampleDigits.images()[index], count: 1)
        return classifier.classNames[row.firstIndex(of: row.max()!)!]
    }

    private func png(digit: Int) throws -> Data {
        try PNGEncoder.encode(SampleDigits.images()[digit], width: 28, height: 28)
    }

    private func write(digit: Int, _ folder: URL, _ name: String) throws {
        try write(png(digit: digit), folder, name)
    }

    private func write(_ data: Data, _ folder: URL, _ name: String) throws {
        let file = URL(fileURLWithPath: "\(folder.path)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
    }

    private func link(_ target: String, _ folder: URL, _ name: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/\(name)", withDestinationPath: target)
    }
}
