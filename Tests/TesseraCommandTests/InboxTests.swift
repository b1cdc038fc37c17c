import DigitPipeline
import Foundation
import Glibc
import Testing

/// Folders that are scored night after night, with what people have in them.
@Suite struct InboxTests {
    // MARK: - Links

    @Test func picturesThatComeBehindLinksAreScored() throws {
        try Inbox.within { inbox in
            try inbox.link("inbox", to: "real")
            try inbox.add(1, to: "real")
            #expect(try inbox.night("inbox") == .scored(1))
            #expect(try inbox.night("inbox") == .cached(1))
            try inbox.add(2, to: "real")
            #expect(try inbox.night("inbox") == .scored(3))
            #expect(try inbox.night("real") == .scored(3))

            try inbox.add(1, to: "elsewhere")
            try inbox.link("real/sub", to: "../elsewhere")
            #expect(try inbox.night("inbox") == .scored(4))
            try inbox.add(1, to: "elsewhere")
            #expect(try inbox.night("inbox") == .scored(5))
            // Another picture in the place of the one that a link leads to.
            try inbox.add(1, to: "single", named: "a.png")
            try inbox.link("real/one.png", to: "../single/a.png")
            #expect(try inbox.night("inbox") == .scored(6))
            try inbox.add(1, to: "single", named: "a.png")
            #expect(try inbox.night("inbox") == .scored(6))
            #expect(try inbox.night("inbox") == .cached(6))
        }
    }

    /// What a link leads to is what the path leads to in every part of a path.
    @Test func aFolderAboveALinkedOneIsThatOfItsTarget() throws {
        try Inbox.within { inbox in
            try inbox.add(2, to: "far/away/inbox")
            try inbox.link("near", to: "far/away/inbox")
            #expect(try inbox.night("near/../inbox") == .scored(2))
            #expect(try inbox.night("near/../inbox") == .cached(2))
        }
    }

    @Test func linksThatLeadNowhereOrInACircleAreRows() throws {
        try Inbox.within { inbox in
            try inbox.add(2, to: "inbox/deep")
            try inbox.link("inbox/deep/up", to: "..")
            try inbox.link("inbox/gone.png", to: "nowhere.png")
            try inbox.link("inbox/gone", to: "/nowhere/at/all")
            try inbox.link("inbox/self.png", to: "self.png")
            #expect(try inbox.night("inbox") == .scored(2, failed: 4))
            let rows = try inbox.rows()
            #expect(rows["gone.png"] == "broken link to nowhere.png")
            #expect(rows["gone"] == "broken link to /nowhere/at/all")
            #expect(rows["self.png"] == "Too many levels of symbolic links")
            #expect(
                rows["deep/up"]?.contains("/inbox/, a folder above it") == true,
                "\(rows["deep/up"] ?? "")")
            #expect(try inbox.night("inbox") == .cached(2, failed: 4))
            // What was broken and is whole again is tried again.
            try inbox.add(1, to: "inbox", named: "nowhere.png")
            #expect(try inbox.night("inbox") == .scored(4, failed: 3))
        }
    }

    // MARK: - What can't be read

    @Test func whatCannotBeReadIsARowAndTheRestIsScored() throws {
        try Inbox.within { inbox in
            try inbox.add(3, to: "inbox")
            try inbox.add(1, to: "inbox", named: "secret.png")
            try inbox.add(1, to: "inbox/closed")
            // Opens, but every reading of it fails.
            try inbox.link("inbox/disk.png", to: "/proc/self/mem")
            mkfifo(inbox.url("inbox/pipe.png").path, 0o644)
            chmod(inbox.url("inbox/secret.png").path, 0)
            chmod(inbox.url("inbox/closed").path, 0)
            #expect(try inbox.night("inbox") == .scored(3, failed: 4))
            let rows = try inbox.rows()
            #expect(rows["secret.png"] == "can't be read: Permission denied")
            #expect(rows["closed"] == "can't be listed: Permission denied")
            #expect(rows["disk.png"] == "can't be read: Input/output error")
            #expect(rows["pipe.png"] == "not a regular file")
            #expect(try inbox.night("inbox") == .cached(3, failed: 4))

            chmod(inbox.url("inbox/secret.png").path, 0o644)
            chmod(inbox.url("inbox/closed").path, 0o755)
            #expect(try inbox.night("inbox") == .scored(5, failed: 2))
        }
    }

    /// Its version says that the picture could be read, and its row that it couldn't: that the picture
    /// comes back as it was must not leave the row as it is.
    @Test func aFileThatIsGoneForAMomentIsTriedAgain() throws {
        try Inbox.within { inbox in
            try inbox.add(2, to: "inbox")
            try inbox.add(1, to: "inbox", named: "moved.png")
            let (place, aside) = (inbox.url("inbox/moved.png").path, inbox.url("aside.png").path)
            var config = RunConfig()
            config.home = inbox.workspace.home.path
            var request = RunRequest(.inference)
            request.input = inbox.url("inbox").path
            func failures(_ observer: @escaping PipelineObserver = { _ in }) throws -> [Int?] {
                let summary = try Pipeline(
                    config: config, cache: inbox.url("cache"), observer: observer
                ).run(request)
                return [
                    summary[PredictionFacts.scored],
                    summary[PredictionFacts.failed],
                ]
            }
            let first = try failures { event in
                if case .asset(.started("predictions")) = event { rename(place, aside) }
            }
            #expect(first == [2, 1])
            rename(aside, place)
            #expect(try failures() == [3, 0])
        }
    }

    /// The input as a whole is another matter: there is nothing to score.
    @Test func anInputThatCannotBeReadIsAnError() throws {
        try Inbox.within { inbox in
            try inbox.link("inbox", to: "nowhere")
            let broken = try inbox.run("inbox")
            #expect(broken.status == 2)
            #expect(broken.errors.contains("broken link to nowhere"), "\(broken.errors)")
            try inbox.add(1, to: "closed")
            chmod(inbox.url("closed").path, 0)
            let closed = try inbox.run("closed")
            #expect(closed.status == 2)
            #expect(closed.errors.contains("Permission denied"), "\(closed.errors)")
        }
    }
}

/// A workspace with a deployed model, in which pictures come and are scored, by a user whom
/// permissions bind.
private struct Inbox {
    enum Night: Equatable {
        case scored(Int, failed: Int = 0)
        case cached(Int, failed: Int = 0)
        case ended(Int32, String)
    }

    let workspace: Workspace
    private let pictures: [URL]

    static func within(_ body: (Inbox) throws -> Void) throws {
        try Workspace.within { workspace in
            let epoch = ["--epochs", "1"]
            let run = try workspace.run(["run"] + workspace.flags + epoch)
            try #require(run.status == 0, "\(run.errors)")
            let export = try workspace.run(
                ["prepare", "--export-images", "pictures", "--dataset", workspace.digits.dataset])
            try #require(export.status == 0, "\(export.errors)")
            let root = workspace.folder.appendingPathComponent("pictures")
            let names = try FileManager.default.subpathsOfDirectory(atPath: root.path)
                .filter { $0.hasSuffix(".png") }.sorted()
            try body(
                Inbox(
                    workspace: workspace,
                    pictures: names.map { root.appendingPathComponent($0) }))
        }
    }

    func url(_ path: String) -> URL { workspace.folder.appendingPathComponent(path) }

    func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: url(path).path, withDestinationPath: target)
    }

    /// Copies pictures that weren't there yet.
    func add(_ count: Int, to folder: String, named name: String? = nil) throws {
        let folder = url(folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for _ in 0..<count {
            let number = (try? Int(String(contentsOf: url("taken"), encoding: .utf8))) ?? 0
            try Data("\(number + 1)".utf8).write(to: url("taken"))
            let target = folder.appendingPathComponent(name ?? "\(number).png")
            try Data(contentsOf: pictures[number]).write(to: target)
        }
    }

    func run(_ input: String) throws -> ProgramResult {
        let arguments = ["run", "--json", "--job", "inference", "--input", input]
        guard geteuid() == 0 else { return try workspace.run(arguments) }
        _ = try runProgram(
            URL(fileURLWithPath: "/bin/chown"), ["-R", "65534:65534", workspace.folder.path])
        return try runProgram(
            URL(fileURLWithPath: "/usr/bin/setpriv"),
            ["--reuid=65534", "--regid=65534", "--clear-groups", programURL.path] + arguments,
            environment: ["USER": "nobody", "TESSERA_CACHE": url("cache").path],
            in: workspace.folder)
    }

    func night(_ input: String) throws -> Night {
        let result = try run(input)
        guard [0, 4].contains(result.status) else { return .ended(result.status, result.errors) }
        let record = try workspace.json(result.output)
        let inference = try #require(record["inference"] as? [String: Any])
        let assets = try #require(record["assets"] as? [String: [String: Any]])
        let scored = try #require(inference["scored"] as? Int)
        let failed = try #require(inference["failed"] as? Int)
        #expect(result.status == (failed > 0 ? 4 : 0))
        return assets["predictions"]?["is_reused"] as? Bool == true
            ? .cached(scored, failed: failed) : .scored(scored, failed: failed)
    }

    /// The reasons of the last night's rows with errors, by path within the input.
    func rows() throws -> [String: String] {
        let runs = workspace.home.appendingPathComponent("runs")
        let names = try FileManager.default.contentsOfDirectory(atPath: runs.path).sorted()
        let file = try names.map { runs.appendingPathComponent("\($0)/predictions.csv") }
            .filter { FileManager.default.fileExists(atPath: $0.path) }
            .max { try modified($0) < modified($1) }
        let text = try String(contentsOf: #require(file), encoding: .utf8)
        let rows = text.split(separator: "\n").dropFirst().map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        // A reason with a comma in it is quoted.
        return Dictionary(
            uniqueKeysWithValues: rows.filter { $0.count > 1 && $0[1].isEmpty }.map { row in
                let path = row[0].split(separator: "/").dropFirst().joined(separator: "/")
                // The last column is for warnings, of which what wasn't read has none.
                let reason = row[10..<row.count - 1].joined(separator: ",")
                return (path, reason.trimmingCharacters(in: ["\""]))
            })
    }

    private func modified(_ file: URL) throws -> Date {
        let values = try FileManager.default.attributesOfItem(atPath: file.path)
        return values[.modificationDate] as? Date ?? .distantPast
    }
}
