import Foundation
import TestSupport
import Testing

/// What `make install` does with a program that is built, and that what it installs works.
@Suite struct InstallationTests {
    private let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("scripts/install")

    private func install(_ arguments: [String], prefix: URL) throws -> ProgramResult {
        try runProgram(
            URL(fileURLWithPath: "/bin/bash"), [script.path] + arguments,
            environment: ["PREFIX": prefix.path])
    }

    private static let files = [
        "bin/tessera", "share/bash-completion/completions/tessera",
        "share/fish/vendor_completions.d/tessera.fish", "share/man/man1/tessera.1",
        "share/tessera/installed", "share/zsh/site-functions/_tessera",
        "share/tessera/tessera_Datasets.resources/mnist-sample/ORIGIN.md",
        "share/tessera/tessera_Datasets.resources/mnist-sample/sample-images-idx3-ubyte.gz",
        "share/tessera/tessera_Datasets.resources/mnist-sample/sample-labels-idx1-ubyte.gz",
    ]

    private func everything(below folder: URL) throws -> Set<String> {
        Set(try FileManager.default.subpathsOfDirectory(atPath: folder.path))
    }

    /// Installed to a folder with a space, run through a link from elsewhere, and removed: what else is
    /// there stays.
    @Test func whatIsInstalledWorksAndIsAllThatIsRemoved() throws {
        try withTemporaryFolder { folder in
            let prefix = folder.appendingPathComponent("my programs")
            let foreign = prefix.appendingPathComponent("share/man/man1/other.1")
            try FileManager.default.createDirectory(
                at: foreign.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("other".utf8).write(to: foreign)
            let before = try everything(below: prefix)

            for _ in 0..<2 {
                let put = try install(["put", programURL.path], prefix: prefix)
                #expect(put.status == 0, "\(put.errors)")
                #expect(put.output.contains("installed tessera "))
                let there = try everything(below: prefix)
                for file in Self.files { #expect(there.contains(file), "\(file)") }
                #expect(!there.contains { $0.contains(".new") })
            }
            try expectWorks(prefix, linkedFrom: folder.appendingPathComponent("linked"))

            let removed = try install(["remove"], prefix: prefix)
            #expect(removed.status == 0, "\(removed.errors)")
            #expect(try everything(below: prefix) == before)
            #expect(try install(["remove"], prefix: prefix).status == 1)
        }
    }

    private func expectWorks(_ prefix: URL, linkedFrom link: URL) throws {
        try FileManager.default.createSymbolicLink(
            at: link, withDestinationURL: prefix.appendingPathComponent("bin/tessera"))
        // No server answers there, so that the sample is what is left.
        let nowhere = [
            "https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9",
            "HOME": link.deletingLastPathComponent().path,
        ]
        let prepared = try runProgram(link, ["prepare"], environment: nowhere)
        #expect(prepared.status == 0, "\(prepared.errors)")
        let sample = prefix.appendingPathComponent("share/tessera").path
        #expect((prepared.output + prepared.errors).contains(sample), "\(prepared.output)")
    }

    @Test func theCompletionsAreThoseOfTheShells() throws {
        try withTemporaryFolder { folder in
            let prefix = folder.appendingPathComponent("new")
            let put = try install(["put", programURL.path], prefix: prefix)
            #expect(put.status == 0, "\(put.errors)")
            func text(_ path: String) throws -> String {
                try String(contentsOf: prefix.appendingPathComponent(path), encoding: .utf8)
            }
            let script = prefix.appendingPathComponent(Self.files[1]).path
            let bash = try runProgram(
                URL(fileURLWithPath: "/bin/bash"),
                ["-c", "source \"$0\" && complete -p tessera", script])
            #expect(bash.status == 0 && bash.output.contains("tessera"), "\(bash.errors)")
            #expect(try text(Self.files[5]).hasPrefix("#compdef tessera"))
            #expect(try text(Self.files[2]).contains("complete -c 'tessera'"))
            // The folder that the installation made goes with it.
            #expect(try install(["remove"], prefix: prefix).status == 0)
            #expect(try everything(below: folder).isEmpty)
        }
    }

    @Test func aPlaceThatIsntAFolderIsToldBeforeAnythingIsDone() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("file")
            try Data().write(to: file)
            let result = try install(["check"], prefix: file.appendingPathComponent("below"))
            #expect(result.status == 1)
            #expect(result.errors.contains("\(file.path) is not a folder"), "\(result.errors)")
            let relative = try runProgram(
                URL(fileURLWithPath: "/bin/bash"), [script.path, "check"],
                environment: ["PREFIX": "here"])
            #expect(relative.status == 1 && relative.errors.contains("is not absolute"))
        }
    }

    /// A list that was tampered with is no licence to remove other files.
    @Test func nothingOutsideThePrefixIsRemoved() throws {
        try withTemporaryFolder { folder in
            let prefix = folder.appendingPathComponent("prefix")
            let other = folder.appendingPathComponent("other")
            try Data().write(to: other)
            let list = prefix.appendingPathComponent("share/tessera/installed")
            try FileManager.default.createDirectory(
                at: list.deletingLastPathComponent(), withIntermediateDirectories: true)
            for path in ["../other", other.path] {
                try Data("\(path)\n".utf8).write(to: list)
                let result = try install(["remove"], prefix: prefix)
                #expect(result.status == 1 && result.errors.contains("no path of ours"))
                #expect(FileManager.default.fileExists(atPath: other.path))
            }
        }
    }
}
