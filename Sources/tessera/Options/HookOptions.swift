import ArgumentParser
import DigitPipeline
import DurableFiles
import Foundation
import Orchestration
import SafeText
import Synchronization

/// Commands that are run after a run.
struct HookOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A shell command for when the status isn't 0; \(TesseraVariable.run), "
                + "\(TesseraVariable.status) and \(TesseraVariable.error) tell it what happened.",
            valueName: "command"))
    var onFailure: String?
    @Option(
        help: ArgumentHelp("A shell command for when the status is 0.", valueName: "command"))
    var onSuccess: String?

    /// Runs `body`, then the hook for how it ended, and ends with the body's own status or error.
    ///
    /// - Parameter body: tells the context what hooks are told; gives back the status, and why it isn't 0.
    func around(_ body: (HookContext) throws -> (ExitStatus, reason: String?)) throws {
        let context = HookContext()
        let (status, reason): (ExitStatus, String?)
        do { (status, reason) = try body(context) } catch {
            start(
                onFailure,
                context.environment(
                    ExitStatus(of: error), error: messageLines(of: error)))
            throw error
        }
        start(
            status == .success ? onSuccess : onFailure,
            context.environment(status, error: reason.map { [$0] } ?? []))
        if status != .success { throw end(status) }
    }

    /// A hook that fails is reported and changes nothing: the run's own status is what counts.
    private func start(_ command: String?, _ facts: [String: String]) {
        guard let command else { return }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.environment = ProcessInfo.processInfo.environment.merging(facts) { $1 }
        // Standard output belongs to the command's own answer.
        process.standardOutput = FileHandle.standardError
        do {
            try process.run()
            process.waitUntilExit()
            if process.terminationStatus != 0 {
                complain("'\(command)' ended with \(process.terminationStatus)")
            }
        } catch { complain("'\(command)' can't be run: \(FileError.reason(of: error))") }
    }

    private func complain(_ text: String) {
        Console.standardError().line("hook: \(text)")
    }
}

/// What a hook is told.
final class HookContext: Sendable {
    private let facts = Mutex<[String: String]>([TesseraVariable.run: ""])

    /// The home folder, once it is known.
    func note(home: URL) {
        let variable = ConfigSchema.environmentName(of: ConfigSchema.homeKey.name)
        facts.withLock { $0[variable] = home.path }
    }

    /// Takes the run's id.
    func observe(_ event: PipelineEvent) {
        if case .runStarted(let id, _) = event { facts.withLock { $0[TesseraVariable.run] = id } }
    }

    fileprivate func environment(_ status: ExitStatus, error: [String]) -> [String: String] {
        let ending = [
            TesseraVariable.status: "\(status.rawValue)",
            TesseraVariable.error: error.map(shownToPeople).joined(separator: "\n"),
        ]
        return facts.withLock { $0.merging(ending) { $1 } }
    }
}
