import ArgumentParser

/// `tessera manual`: the page that `make install` puts where man(1) looks.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the manual page, to be read with: tessera manual | man -l -",
        shouldDisplay: false)

    func run() throws { try StandardOutput.own(try ManualPage(Tessera.self).text) }
}
