import ArgumentParser

@main
struct Tessera: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tessera",
        abstract: "Train, judge, deploy and use a classifier of handwritten digits.",
        subcommands: [ConfigCommand.self])
}
