import ArgumentParser
import DigitPipeline
import Foundation
import Orchestration
import Synchronization

/// Commands that are run after a run.
struct HookOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A shell command for when the status isn't 0; TESSERA_RUN, TESSERA_STATUS and "
                + "TESSERA_ERROR tell it what happened.", valueName: "command"))
    var onFailure: String?
    @Option(
        help: ArgumentHelp("A shell command for when the status is 0.", valueName: "command"))
    var onSuccess: String?

    /// Runs `body`, then the hook for how it ended, and ends with the body's own status or error.
    ///
    /// - Parameter body: is handed the observer that learns the run's id.
    func around(
        home: String, _ body: (@escaping PipelineObserver) throws -> ExitStatus
    ) throws {
        let run = RunName()
        let status: ExitStatus
        do { status = try body(run.observe) } catch {
            start(
                onFailure,
                HookFacts(
                    home: home, run: run.id, status: ExitStatus(of: error), error: "\(error)"))
            throw error
        }
        start(
            status == .success ? onSuccess : onFailure,
            HookFacts(home: home, run: run.id, status: status, error: nil))
        if status != .success { throw end(status) }
    }

    /// A hook that fails is reported and changes nothing: the run's own status is what counts.
    private func start(_ command: String?, _ facts: HookFacts) {
        guard let command else { return }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.environment = ProcessInfo.processInfo.environment.merging(facts.environment) { $1 }
        // Standard output belongs to the command's own answer.
        process.standardOutput = FileHandle.standardError
        do {
            try process.run()
            process.waitUntilExit()
            if process.terminationStatus != 0 {
                complain("'\(command)' ended with \(process.terminationStatus)")
            }
        } catch { complain("'\(command)' can't be run: \(error.localizedDescription)") }
    }

    private func complain(_ text: String) {
        Console.standardError().write("hook: \(text)\n")
    }
}

/// What a hook is told.
private struct HookFacts {
    let home: String
    let run: String?
    let status: ExitStatus
    let error: String?

    var environment: [String: String] {
        [
            "TESSERA_HOME": home, "TESSERA_RUN": run ?? "", "TESSERA_STATUS": "\(status.rawValue)",
            "TESSERA_ERROR": error ?? "",
        ]
    }
}

/// The id of the run that an observer heard of.
private final class RunName: Sendable {
    private let name = Mutex<String?>(nil)

    var id: String? { name.withLock { $0 } }

    func observe(_ event: PipelineEvent) {
        if case .runStarted(let id, _) = event { name.withLock { $0 = id } }
    }
}
