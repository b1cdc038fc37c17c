import ArgumentParser
import DigitPipeline
import DurableFiles
import Foundation
import Training

/// What the program's exit status says to a script.
enum ExitStatus: Int32, Sendable, CaseIterable {
    case success = 0
    /// Something that no other status names, such as a loss that became infinite, or a sweep of which
    /// every training failed. One of which some did ends with success: that they diverge is a result.
    case failure = 1
    /// Data or a file that is missing, broken or unverifiable, or that can't be written; standard
    /// output as well.
    case badInput = 2
    /// The work was done, and the gate refused to deploy its model.
    case gateRefused = 3
    /// Every input was tried, and some couldn't be scored.
    case someNotScored = 4
    /// A check failed that nothing may be built on.
    case checkFailed = 5
    /// A wrong flag or configuration value; ArgumentParser's own status for usage errors.
    case usage = 64
    /// Ended by Ctrl-C or SIGTERM, after what was under way had been saved.
    case interrupted = 130
    /// The reader of standard output went away, as `head` does; what a shell shows for SIGPIPE.
    case readerGone = 141

    /// The status that an error ends the program with.
    init(of error: any Error) {
        switch error {
        case let error as any ExitStatusError: self = error.exitStatus
        case is RunConfigError, is ConfigError: self = .usage
        case is FileError: self = .badInput
        case let error as OutputError: self = error.isClosedByReader ? .readerGone : .badInput
        default: self = .failure
        }
    }
}

/// An error that names its own exit status.
protocol ExitStatusError: Error {
    var exitStatus: ExitStatus { get }
}

extension Tessera {
    /// Parses, runs, and ends with the status of `ExitStatus`, errors on stderr.
    static func main() {
        StandardStreams.prepare()
        var status = ended { try runCommand() }
        let closing = ended { try StandardOutput.close() }
        if status == ExitStatus.success.rawValue { status = closing }
        Foundation.exit(status)
    }

    private static func runCommand() throws {
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            try checkCommandNames(arguments)
            try checkDashes(arguments)
            var command = try parseAsRoot()
            try command.run()
        } catch  where !(error is ExitCode) && exitCode(for: error) == .success {
            // Help, the version and completion scripts.
            try StandardOutput.own(fullMessage(for: error) + "\n")
        }
    }

    /// `-dash.png` would be taken for `-d`, `-a`, `-s` and `-h`, which is help.
    ///
    /// - Throws: `CommandError.unknownOption` for several letters behind one dash.
    static func checkDashes(_ arguments: [String]) throws {
        let wrong = arguments.prefix { $0 != "--" }.first { argument in
            argument.wholeMatch(of: /-[A-Za-z0-9_.]{2}.*/) != nil && Double(argument) == nil
                && !argument.hasPrefix("-o=") && argument != "-help"
        }
        if let wrong { throw CommandError.unknownOption(wrong) }
    }

    /// A word in the place of a command that is none: the parser would take it for a wrong argument.
    ///
    /// - Throws: `CommandError.unknownCommand`.
    static func checkCommandNames(_ arguments: [String]) throws {
        var (command, path): (any ParsableCommand.Type, String) = (self, "tessera")
        for argument in arguments {
            let known = command.configuration.subcommands
            guard !known.isEmpty, argument != "help", !argument.hasPrefix("-") else { return }
            guard let next = known.first(where: { $0._commandName == argument }) else {
                throw CommandError.unknownCommand(
                    argument, parent: path, known: known.map { $0._commandName })
            }
            (command, path) = (next, "\(path) \(argument)")
        }
    }

    /// The status that `body` ends with; its error is told.
    private static func ended(_ body: () throws -> Void) -> Int32 {
        do {
            try body()
            return ExitStatus.success.rawValue
        } catch let error as ExitCode {
            return error.rawValue
        } catch let error as OutputError where error.isClosedByReader {
            return ExitStatus.readerGone.rawValue
        } catch {
            Console.standardError().lines(ErrorText(error).lines)
            JSONAnswer.tell(error)
            return status(of: error)
        }
    }

    /// Usage errors have ArgumentParser's own status.
    static func status(of error: any Error) -> Int32 {
        let status = ExitStatus(of: error)
        return status == .failure ? exitCode(for: error).rawValue : status.rawValue
    }
}
