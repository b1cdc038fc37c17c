import ArgumentParser
import Orchestration

/// `--tag`, where runs are chosen by what they were tagged with.
struct TagFilter: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Those with this tag only, such as sweep=optimizers.", valueName: "name=value"))
    var tag: String?

    func validate() throws {
        guard let tag else { return }
        guard let equals = tag.firstIndex(of: "="), equals != tag.startIndex else {
            throw ValidationError("--tag", tag, "of the form name=value")
        }
    }

    /// - Throws: `CommandError.unknownTag` where no run of those given has it.
    func callAsFunction(_ runs: [StoredRun]) throws -> [StoredRun] {
        guard let tag else { return runs }
        let found = runs.filter { Self.tags(of: $0).contains(tag) }
        guard found.isEmpty else { return found }
        throw CommandError.unknownTag(tag, known: Set(runs.flatMap(Self.tags)).sorted())
    }

    private static func tags(of run: StoredRun) -> [String] {
        run.tags.map { "\($0.key)=\($0.value)" }
    }
}
