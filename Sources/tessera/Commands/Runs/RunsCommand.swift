import ArgumentParser
import DigitPipeline
import DurableFiles
import Foundation
import Orchestration
import Registry
import SafeText

/// `tessera runs`: what was run, what it built, and from what.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List runs, show one, trace what it came from, compare two, and clean up.",
        discussion: """
            RUN is a run's id or the start of one, latest, deployed for the run that deployed what \
            is deployed now.
            """,
        subcommands: [
            List.self, Show.self, Events.self, LineageOf.self, Diff.self, Delete.self, Clean.self,
            RunsExportCommand.self,
        ], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List runs, the latest first.")
        @OptionGroup var home: HomeOptions
        @OptionGroup var output: JSONOption
        @Option(parsing: .unconditional, help: "At most so many; 0 for all.") var limit = 20
        @OptionGroup var tagged: TagFilter

        func validate() throws {
            guard limit >= 0 else {
                throw ValidationError("--limit", limit, "a whole number of at least 0")
            }
        }

        func run() throws {
            guard let store = try home.readableStore() else {
                if output.json { return try printRuns([], leaders: [], rest: 0, damage: []) }
                return try StandardOutput.line("no runs; `tessera run` makes one")
            }
            let (readable, damage) = try store.readableRuns()
            let all = try tagged(readable)
            let shown = Array(all.prefix(limit == 0 ? all.count : limit))
            let (runs, otherDamage) = try details(of: shown, in: store)
            let leaders = try leaders(of: runs, among: readable, in: store)
            let rest = all.count - shown.count
            if output.json {
                try printRuns(runs, leaders: leaders, rest: rest, damage: damage + otherDamage)
            } else {
                let layout = output.layout
                try StandardOutput.lines(
                    RunTable(runs).lines(layout)
                        + (rest > 0 ? ["… and \(Format.count(rest)) more; --limit 0 for all"] : [])
                        + leaders.map(\.line),
                    layout)
            }
            try tell(damage + otherDamage)
        }

        private func printRuns(
            _ runs: [ListedRun], leaders: [SweepLeader], rest: Int, damage: [StoreError]
        ) throws {
            try printJSON(["more": rest], .record, failure: damage.last) {
                $0["runs"] = .array(try runs.map { try $0.json() })
                $0["sweeps"] = .array(try leaders.map { try $0.json() })
            }
        }

        /// The best of each sweep that runs of the list belong to.
        private func leaders(
            of runs: [ListedRun], among all: [StoredRun], in store: RunStore
        ) throws -> [SweepLeader] {
            let names = Set(runs.compactMap { $0.details.run.tags[SweepTags.sweep] })
            return try names.sorted().compactMap {
                try SweepLeader(of: $0, among: all, in: store)
            }
        }

        private func details(
            of runs: [StoredRun], in store: RunStore
        ) throws -> ([ListedRun], [StoreError]) {
            var (found, damage): ([ListedRun], [StoreError]) = ([], [])
            for run in runs {
                do { found.append(try ListedRun(run, in: store)) } catch let error as StoreError {
                    damage.append(error)
                }
            }
            return (found, damage)
        }

        /// The other runs were listed all the same.
        private func tell(_ damage: [StoreError]) throws {
            guard let last = damage.last else { return }
            let console = Console.standardError()
            for error in damage.dropLast() { console.lines(messageLines(of: error)) }
            throw last
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a run: assets, metrics, checks, deployments, machine and config.")
        @OptionGroup var chosen: RunArgument
        @OptionGroup var output: JSONOption

        func run() throws {
            let (store, run) = try chosen.find()
            let listed = try ListedRun(run, in: store)
            if output.json {
                let answer = try listed.json()
                try printJSON([String: String](), .record) { $0 = answer }
            } else {
                try StandardOutput.lines(
                    listed.details.lines(best: listed.bestEpoch, output.layout), output.layout)
            }
        }
    }

    struct Events: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what happened in a run, in order.")
        @OptionGroup var chosen: RunArgument
        @OptionGroup var output: JSONOption

        func run() throws {
            let (store, run) = try chosen.find()
            let events = try store.events(of: run.id)
            if output.json {
                return try printJSON(["events": events], .record) { $0["run"] = .text(run.id) }
            }
            try StandardOutput.lines(
                EventTable(events, since: run.startedAt).lines(output.layout), output.layout)
        }
    }

    struct LineageOf: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lineage",
            abstract:
                "Show what a run's assets came from, down to the data's digest and the config.")
        @OptionGroup var chosen: RunArgument
        @OptionGroup var output: JSONOption
        @Option(help: "Of this asset; by default of the last one that the run has.")
        var asset: String?

        func run() throws {
            let (store, run) = try chosen.find()
            let assets = try store.materializations(of: run.id)
            let known = assets.map(\.asset)
            guard let found = assets.last(where: { asset == nil || $0.asset == asset }) else {
                throw CommandError.noAsset(asset, run: run.id, known: known)
            }
            let lineage = try store.lineage(of: found)
            if output.json {
                try printJSON(lineage, .record) { $0 = $0.typedLineage }
            } else {
                try StandardOutput.lines(lineage.lines(output.layout), output.layout)
            }
        }
    }

    struct Diff: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show how two runs differ: config, data, assets and metrics side by side.")
        @OptionGroup var home: HomeOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "A run.") var first: String
        @Argument(help: "Another.") var second: String

        func run() throws {
            let store = try home.existingReadableStore()
            let difference = RunDifference(
                try store.details(of: home.run(first, in: store)),
                try store.details(of: home.run(second, in: store)))
            if output.json {
                try printJSON(difference, .record) { $0 = $0.typedDifference }
            } else {
                try StandardOutput.lines(difference.lines(output.layout), output.layout)
            }
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete runs with their records and folders.",
            discussion: """
                What they built stays stored while other runs have it; tessera runs gc removes the rest. \
                The registry and its record of decisions are not touched.
                """)
        @OptionGroup var home: HomeOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "Runs.") var runs: [String]

        func run() throws {
            let store = try home.existingStore()
            // All are found before any is deleted.
            let found = try runs.map { try id($0, in: store) }
            var deleted: [String] = []
            do {
                for run in found where !deleted.contains(run) {
                    try store.delete(run)
                    deleted.append(run)
                    if !output.json { try StandardOutput.line("deleted \(run)") }
                }
            } catch {
                if output.json { try printJSON(["deleted": deleted], failure: error) }
                throw error
            }
            if output.json { try printJSON(["deleted": deleted]) }
        }

        /// Also of a run whose record is damaged: to be rid of it.
        private func id(_ reference: String, in store: RunStore) throws -> String {
            reference == "deployed"
                ? try home.run(reference, in: store).id : try store.id(reference)
        }
    }

    struct Clean: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "gc",
            abstract: "Remove artifacts that no run has, and checkpoints of finished trainings.",
            discussion: """
                Also what is left of deleted runs, and temporary files whose writers were killed. Where \
                the store doesn't have runs whose folders or artifacts are there, nothing is removed: \
                it may have been lost.
                """)
        @OptionGroup var home: HomeOptions
        @OptionGroup var output: JSONOption
        @Flag(help: "Remove nothing and tell what would be.") var dryRun = false
        @Flag(help: "Remove also what runs built that the store doesn't have.") var orphans = false

        func run() throws {
            guard let store = try home.readableStore() else {
                if output.json { return try printJSON(CleaningRecord(isDryRun: dryRun)) }
                return try StandardOutput.line("nothing to remove")
            }
            let unknown = try OrphanedRunFolders(store)
            if !orphans { try unknown.requireNone() }
            let cleaning = try store.clean(isTrial: dryRun)
            let checkpoints = try FinishedCheckpoints(store).remove(isTrial: dryRun)
            for folder in unknown.kept {
                Console.standardError().line(
                    "\(folder.path): kept; the run isn't in the store, but not all in it is a run's"
                )
            }
            let record = CleaningRecord(
                cleaning, checkpoints, try unknown.remove(isTrial: dryRun), isDryRun: dryRun)
            if output.json {
                try printJSON(record)
            } else {
                try StandardOutput.lines([record.text], output.layout)
            }
        }
    }
}

extension SweepLeader {
    /// `sweep small: best 98.20 % on the validation set, Adam (run 2026…), of 4 configurations; …`
    fileprivate var line: String {
        let accuracy = best.validationAccuracy.map { Format.percent($0.mean) } ?? "-"
        return "sweep \(sweep): best \(accuracy) on the validation set, \(best.name) "
            + "(run \(best.runs.first ?? "-")), of \(configurations) "
            + "configuration\(configurations == 1 ? "" : "s"); tessera compare --tag sweep=\(sweep)"
    }
}

/// A run that a command was pointed at.
struct RunArgument: ParsableArguments {
    @OptionGroup var home: HomeOptions
    @Argument(help: "A run's id or the start of one, latest, deployed, or a model's name.")
    var run = "latest"

    func find() throws -> (RunStore, StoredRun) {
        let store = try home.existingReadableStore()
        return (store, try home.run(run, in: store))
    }
}

/// What `runs gc` removed.
private struct CleaningRecord: Encodable {
    let isDryRun: Bool
    let records: Int
    let artifacts: Int
    let checkpoints: Int
    let folders: Int
    let temporaries: Int
    let bytes: Int

    init(
        _ cleaning: Cleaning, _ checkpoints: RemovedFiles, _ orphans: RemovedFiles, isDryRun: Bool
    ) {
        self.isDryRun = isDryRun
        records = cleaning.materializations
        artifacts = cleaning.artifacts
        self.checkpoints = checkpoints.count
        folders = cleaning.folders + orphans.count
        temporaries = cleaning.temporaries
        bytes = cleaning.bytes + checkpoints.bytes + orphans.bytes
    }

    /// Where nothing was ever run.
    init(isDryRun: Bool) {
        self.isDryRun = isDryRun
        (records, artifacts, checkpoints, folders, temporaries, bytes) = (0, 0, 0, 0, 0, 0)
    }

    var text: String {
        "\(isDryRun ? "would remove" : "removed") \(Format.counted(records, "record")), "
            + "\(Format.counted(artifacts, "artifact")), "
            + "\(Format.counted(checkpoints, "checkpoint")), "
            + "\(Format.counted(folders, "folder")) of deleted runs and "
            + "\(Format.counted(temporaries, "temporary file")): \(Format.bytes(bytes))"
    }

    enum CodingKeys: String, CodingKey {
        case records, artifacts, checkpoints, folders, temporaries, bytes
        case isDryRun = "is_dry_run"
    }
}
