import ArgumentParser
import DigitPipeline
import Foundation
import Orchestration
import Registry

/// Which assets are made.
struct AssetOptions: ParsableArguments {
    @Option(
        help: "A named selection: training (data to evaluation), deployment, inference or full.")
    var job: Job?
    @Option(
        help: ArgumentHelp(
            "The assets to build: model, +model with what it is built from, evaluation+ with what is "
                + "built from it; several with commas.", valueName: "assets"))
    var select: String?
    @Option(
        help: ArgumentHelp(
            "Build these again whatever is cached; written as for --select.", valueName: "assets"))
    var force: String?
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Kept with the run; may be given several times.", valueName: "name=value"))
    var tag: [String] = []

    func validate() throws {
        if job != nil && select != nil {
            throw ValidationError("--job and --select both say what to build; give one of them.")
        }
        _ = try tags()
    }

    /// - Parameter job: where none was given.
    func request(_ defaultJob: Job = .full) throws -> RunRequest {
        var request = RunRequest(job ?? defaultJob, select: select)
        request.forced = force
        request.tags = try tags()
        return request
    }

    private func tags() throws -> [String: String] {
        try Dictionary(
            tag.map { text in
                let parts = text.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, !parts[0].isEmpty else {
                    throw ValidationError("--tag \(text): expected NAME=VALUE.")
                }
                return (String(parts[0]), String(parts[1]))
            }, uniquingKeysWith: { _, last in last })
    }
}

extension Job: ExpressibleByArgument {}

/// Who decides on deployment.
struct StrategyOptions: ParsableArguments {
    enum Strategy: String, ExpressibleByArgument, CaseIterable { case automatic, manual, force }

    @Option(
        name: .customLong("strategy"),
        help: "automatic: the gate; manual: a person promotes it; force: whatever the gate says.")
    var name: Strategy = .automatic
    @Option(help: "Who promotes it (with manual); the user's name by default.")
    var approver: String?
    @Option(help: "Why, for the record (with manual and force).") var reason: String?

    func validate() throws {
        if name == .automatic && reason != nil {
            throw ValidationError("--reason goes with --strategy manual or force.")
        }
        if name != .automatic && (reason ?? "").isEmpty {
            throw ValidationError(
                "--strategy \(name.rawValue) needs --reason '…', which goes into the record.")
        }
        if name != .manual && approver != nil {
            throw ValidationError("--approver goes with --strategy manual.")
        }
    }

    func strategy() throws -> DeploymentStrategy {
        switch name {
        case .automatic: return .automatic
        case .force: return .force(reason: reason ?? "")
        case .manual:
            return .manual(
                approver: approver ?? ModelRegistry.currentUser, reason: reason ?? "")
        }
    }
}
