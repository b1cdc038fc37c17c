import ArgumentParser
import DigitPipeline
import DurableFiles
import Foundation
import Training

/// What the program's exit status says to a script.
enum ExitStatus: Int32, Sendable {
    case success = 0
    /// Something that no other status names, such as a loss that became infinite.
    case failure = 1
    /// Data or a file that is missing, broken or unverifiable.
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

    /// The status that an error ends the program with.
    init(of error: any Error) {
        switch error {
        case let error as any ExitStatusError: self = error.exitStatus
        case is RunConfigError, is ConfigError: self = .usage
        case is FileError: self = .badInput
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
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            end(with: error)
        }
    }

    private static func end(with error: any Error) -> Never {
        // Help, usage errors and plain statuses are ArgumentParser's business.
        let status = ExitStatus(of: error)
        guard status != .failure, !(error is ExitCode) else { exit(withError: error) }
        FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
        Foundation.exit(status.rawValue)
    }
}
