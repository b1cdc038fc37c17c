import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct CSVDigitsTests {
    static let header = "label,pixel0,pixel1,pixel2,pixel3\n"

    /// Loads a file of this text as `--dataset csv:` does.
    static func load(_ text: String, classes: String? = nil, gzip: Bool = false) throws -> Dataset {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("digits.csv")
            let bytes = Array(text.utf8)
            try Data(gzip ? Gzip.compress(bytes) : bytes).write(to: file)
            if let classes {
                try Data(classes.utf8).write(to: folder.appendingPathComponent("classes.txt"))
            }
            let loader = DatasetLoader(cache: folder.appendingPathComponent("cache"))
            do { return try loader.load(.csv(file)) } catch let error as DatasetError {
                #expect(try folderContents(folder).allSatisfy { !$0.contains("cache") })
                throw Shown(
                    description: "\(error)".replacingOccurrences(of: folder.path, with: "DIR"))
            }
        }
    }

    struct Shown: Error, CustomStringConvertible {
        let description: String
    }

    @Test func readsKagglesForm() throws {
        let text = Self.header + "7,0,1,254,255\n0,9,99,009,0\n"
        for variant in [
            text, String(text.dropLast()), text.replacingOccurrences(of: "\n", with: "\r\n"),
            "\u{feff}" + text,
        ] {
            let got = try Self.load(variant)
            #expect(got.train.height == 2 && got.train.width == 2)
            #expect(got.train.labels == [7, 0])
            #expect(got.train.pixels == [0, 1, 254, 255, 9, 99, 9, 0])
            #expect(got.train.classNames == (0...9).map(String.init))
            #expect(got.test == nil && !got.isSample)
            #expect(got.digests == ["digits.csv": SHA256.hexDigest(of: Array(variant.utf8))])
        }
        #expect(try Self.load(text, gzip: true).train.labels == [7, 0])
    }

    @Test func classNamesOfOnesOwnAllowOtherCounts() throws {
        let text = Self.header + "2,0,0,0,0\n"
        #expect(try Self.load(text, classes: "cat\ndog\n\n bird \n").train.classNames[2] == "bird")
        #expect(
            message { try Self.load(text, classes: "cat\ndog") }
                == "DIR/digits.csv: line 2, column 1: label \"2\", expected 0 to 1")
        let rule = "; expected one class name a line, 2 to 256 of them, all different"
        #expect(
            message { try Self.load(text, classes: "cat\ncat") }
                == "DIR/classes.txt: a name occurs twice" + rule)
        #expect(
            message { try Self.load(text, classes: "cat") } == "DIR/classes.txt: 1 names" + rule)
    }

    /// A body, or a whole file when it begins with a header of its own, and what is said of it.
    @Test(arguments: [
        ("10,0,0,0,0\n", "line 2, column 1: label \"10\", expected 0 to 9"),
        ("999,0,0,0,0\n", "line 2, column 1: label \"999\", expected 0 to 9"),
        ("seven,0,0,0,0\n", "line 2, column 1: label \"seven\", expected 0 to 9"),
        (
            "1,0,0,0,0\n1,0,256,0,0\n",
            "line 3, column 3: \"256\", expected a whole number of 0 to 255"
        ),
        ("1,0,1e99,0,0\n", "line 2, column 3: \"1e99\", expected a whole number of 0 to 255"),
        ("1,0,-1,0,0\n", "line 2, column 3: \"-1\", expected a whole number of 0 to 255"),
        ("1,0,0.5,0,0\n", "line 2, column 3: \"0.5\", expected a whole number of 0 to 255"),
        ("1,0,nan,0,0\n", "line 2, column 3: \"nan\", expected a whole number of 0 to 255"),
        ("1,0,5 6,0,0\n", "line 2, column 3: \"5 6\", expected a whole number of 0 to 255"),
        (
            "1,0,\u{0},0,0\n",
            "line 2, column 3: \"\u{0}\", expected a whole number of 0 to 255"
        ),
        ("1,0,\"5\"6,0,0\n", "line 2, column 3: text after a closing quote, expected a separator"),
        (
            "1,0,\"5\n6\",0,0\n",
            "line 2, column 3: a line break within quotes, expected the closing quote"
        ),
        ("1,0,\"5", "line 2, column 3: a line break within quotes, expected the closing quote"),
        (
            "1,0,\(String(repeating: "5", count: 200)),0,0\n",
            "line 2, column 3: a field of more than 128 bytes, expected a number, or a column's name"
        ),
        ("1,0,,0,0\n", "line 2, column 3: an empty field, expected a whole number of 0 to 255"),
        ("1,0,0,0,\n", "line 2, column 5: an empty field, expected a whole number of 0 to 255"),
        ("1,0,0,0\n", "line 2: 4 fields, expected 5"),
        ("1,0,0,0,0,0\n", "line 2: more than 5 fields, expected 5"),
        ("1,0,0,0,0,,\n", "line 2: more than 5 fields, expected 5"),
        ("1,0,0,0,0\n\n\n1,0,0,0\n", "line 5: 4 fields, expected 5"),
        ("1,0,0,0,0\n1,0,0", "line 3: 3 fields, expected 5"),
        (",,,,\n", "line 2, column 1: an empty field, expected 0 to 9"),
        ("", "line 2: no images, expected at least one line of numbers"),
    ]) func refusesBadLines(_ body: String, _ expected: String) {
        #expect(message { try Self.load(Self.header + body) } == "DIR/digits.csv: " + expected)
    }

    @Test(arguments: [
        ("", "line 1: no images, expected at least one line of numbers"),
        (
            "label,class,pixel0\n1,1,0\n",
            "line 1, column 2: header \"class\", expected one column of labels; column 1 is one already"
        ),
        (
            "label,pixel0,pixel1,pixel2,pixel4\n",
            "line 1, column 5: header \"pixel4\", expected a name for each pixel once, such as pixel0, "
                + "pixel1, … or 1x1, 1x2, …, and one column \"label\""
        ),
        (
            "label,pixel0,other,pixel2,pixel3\n",
            "line 1, column 3: header \"other\", expected a name for each pixel once, such as pixel0, "
                + "pixel1, … or 1x1, 1x2, …, and one column \"label\""
        ),
        (
            "label\n",
            "line 1: 0 pixel columns, expected as many as a square image has, such as 784 for 28×28"
        ),
        (
            "label,pixel0,pixel1\n",
            "line 1: 2 pixel columns, expected as many as a square image has, such as 784 for 28×28"
        ),
        (
            "10,0,0,0,99\n8,0,0,0,0\n",
            "line 1, column 1: label \"10\", expected 0 to 9"
        ),
    ]) func refusesBadHeaders(_ text: String, _ expected: String) {
        #expect(message { try Self.load(text) } == "DIR/digits.csv: " + expected)
    }

    @Test func refusesHeadersAndImagesBeyondTheLimit() {
        func parse(_ text: String) -> String {
            message {
                var parser = CSVDigitsParser(
                    file: "f", purpose: .training(classCount: 10),
                    limits: DatasetLimits(imageSide: 3))
                for byte in text.utf8 { try parser.consume(byte) }
                return try parser.finish().labels
            }
        }
        let names = (0..<16).map { ",pixel\($0)" }.joined()
        #expect(
            parse("label\(names)\n") == "f: line 1: images of 4×4 pixels, expected at most 3×3")
        #expect(
            parse(String(repeating: "x", count: 1000))
                == "f: line 1: a first line without end, expected label,pixel0,… or numbers")
    }
}
