import ArgumentParser
import DigitPipeline
import Foundation
import TestSupport
import Testing

@testable import tessera

/// The manual page, and the version that the program tells.
@Suite struct ManualTests {
    @Test func everyCommandFlagAndStatusIsInTheManual() throws {
        let page = try runTessera(["manual"])
        #expect(page.status == 0 && page.output.hasPrefix(".TH TESSERA 1"))
        let text = page.output.replacing("\\-", with: "-")
        for part in [
            ".SS \"tessera run\"", ".SS \"tessera models rollback\"", "\\fB--learning-rate\\fR",
            ".SH ENVIRONMENT", "TESSERA_HOME", ".SH FILES", "\\fB141\\fR", ".SH EXIT STATUS",
        ] { #expect(text.contains(part), "\(part)") }
        #expect(!text.contains("tessera manual\""))
        #expect(page.output.utf8.allSatisfy { $0 < 0x80 })
        // The same bytes each time, and no line that man(1) would take for an unknown macro.
        #expect(try runTessera(["manual"]).output == page.output)
        let macros: Set = [".TH", ".SH", ".SS", ".TP", ".PP", ".nf", ".fi", ".nh", ".B"]
        for line in page.output.split(separator: "\n") where line.hasPrefix(".") {
            #expect(macros.contains(String(line.split(separator: " ")[0])), "\(line)")
        }
    }

    @Test func theVersionNamesTheProgramAndItsCommit() throws {
        let text = try runTessera(["--version"]).output
        #expect(
            text.contains(/^tessera [0-9]+\.[0-9]+\.[0-9]+( \([0-9a-f]{12}(-dirty)?\))?\n$/),
            "\(text)")
        #expect(text == TesseraVersion.description + "\n")
    }

    private let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("scripts/embed-commit").path

    private func shell(_ command: String, in folder: URL) throws -> String {
        let result = try runProgram(
            URL(fileURLWithPath: "/bin/bash"), ["-ec", command],
            environment: ["SCRIPT": script, "HOME": folder.path], in: folder)
        #expect(result.status == 0, "\(result.errors)")
        return result.output
    }

    /// A commit, one with changes, an archive, an archive within another repository.
    @Test func theCommitIsWrittenWhereThereIsOneAndOnlyWhenItChanged() throws {
        try withTemporaryFolder { folder in
            let setUp = """
                git init -q r && cd r && mkdir Sources sub && touch Sources/a Package.swift sub/b
                git add . && git -c user.name=a -c user.email=a@b commit -qm one
                "$SCRIPT" "$PWD" ../out/commit.h && cat ../out/commit.h && git rev-parse HEAD
                """
            let clean = try shell(setUp, in: folder)
            let commit = try #require(clean.split(separator: "\n").last).prefix(12)
            #expect(clean.contains("TESSERA_COMMIT \"\(commit)\""), "\(clean)")

            let touched = try shell(
                """
                touch -d 2020-01-01 out/commit.h && "$SCRIPT" "$PWD/r" out/commit.h
                stat -c %y out/commit.h && echo change >> r/Sources/a && "$SCRIPT" "$PWD/r" out/commit.h
                cat out/commit.h && "$SCRIPT" "$PWD/r/sub" sub/commit.h && cat sub/commit.h
                mkdir bare && "$SCRIPT" "$PWD/bare" none/commit.h && cat none/commit.h
                """, in: folder)
            #expect(touched.hasPrefix("2020-01-01"), "\(touched)")
            #expect(touched.contains("TESSERA_COMMIT \"\(commit)-dirty\""))
            #expect(touched.ranges(of: "TESSERA_COMMIT \"\"").count == 2, "\(touched)")
        }
    }
}
