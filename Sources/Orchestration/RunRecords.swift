import Foundation
import RunFacts

/// A run, as the store knows it.
package struct StoredRun: Sendable, Codable, Equatable {
    package let id: String
    package let job: String
    package let status: RunStatus
    package let startedAt: Date
    package let finishedAt: Date?
    /// What it took, by a clock that nobody sets; nil while it runs. Of runs that versions before 0.2
    /// recorded it is the difference of the dates.
    package let seconds: Double?
    /// Why it failed.
    package let failure: String?
    /// The config in force, by key.
    package let config: [String: String]
    /// Of the program and the machine: version, commit, CPU, threads, BLAS.
    package let environment: [String: String]
    package let tags: [String: String]
    /// The paths of its config and its request from the root on, by the key or what else they are; none
    /// for runs that versions before 0.2 recorded.
    package let paths: [String: String]
}

/// What can happen in a run.
package enum RunEventKind: String, Sendable, Codable {
    case runStarted = "run_started"
    case runFinished = "run_finished"
    case assetStarted = "asset_started"
    case assetSucceeded = "asset_succeeded"
    case assetFailed = "asset_failed"
    /// What an earlier run made was taken.
    case assetSkipped = "asset_skipped"
    case note
}

package struct RunEvent: Sendable, Codable, Equatable {
    package let at: Date
    package let kind: RunEventKind
    package let asset: String?
    package let seconds: Double?
    package let message: String?
    /// Seconds since the run began, by a clock that nobody sets; nil where an earlier version wrote it.
    package let elapsed: Double?

    init(
        at: Date, kind: RunEventKind, asset: String? = nil, seconds: Double? = nil,
        message: String? = nil, elapsed: Double? = nil
    ) {
        self.elapsed = elapsed
        self.at = at
        self.kind = kind
        self.asset = asset
        self.seconds = seconds
        self.message = message
    }
}

/// A value that is kept with a materialisation or a check.
package enum MetadataValue: Sendable, Codable, Equatable {
    case integer(Int)
    case number(Double)
    case text(String)
    case flag(Bool)
    case numbers([Double])
    case texts([String])

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let integer = try? container.decode(Int.self) {
            self = .integer(integer)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let numbers = try? container.decode([Double].self) {
            self = .numbers(numbers)
        } else {
            self = .texts(try container.decode([String].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .flag(let value): try container.encode(value)
        case .numbers(let value): try container.encode(value)
        case .texts(let value): try container.encode(value)
        }
    }
}

package typealias Metadata = [String: MetadataValue]

extension MetadataValue {
    /// A number of either kind.
    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    package var int: Int? {
        if case .integer(let value) = self { value } else { nil }
    }

    package var flag: Bool? {
        if case .flag(let value) = self { value } else { nil }
    }

    /// A number, or nil for one that isn't finite, which JSON has no form for.
    package static func finite(_ value: Double?) -> MetadataValue? {
        value.flatMap { $0.isFinite ? .number($0) : nil }
    }
}

extension Metadata {
    /// The entry that says why nothing is made from an asset.
    static let halt = "halted"
    /// Why an asset is made again the next time.
    static let provisional = "provisional"
}

/// An asset's content, made by a run of some version.
package struct Materialization: Sendable, Codable, Equatable {
    package let id: Int64
    /// The run that made it; nil when that was deleted since.
    package let run: String?
    package let asset: String
    package let version: AssetVersion
    package let codeVersion: String
    /// Canonical JSON of the config that the asset reads.
    package let config: String
    /// The artifact's digest.
    package let artifact: String
    package let bytes: Int
    package let metadata: Metadata
    package let at: Date

    /// Why nothing is made from it; nil if all is well.
    package var halt: String? { metadata[Metadata.halt]?.text }
}

/// What a run measured: a value by step, such as the loss of each epoch.
package struct MetricPoint: Sendable, Codable, Equatable {
    package let name: String
    package let step: Int
    package let epoch: Int?
    /// NaN is kept as nil.
    package let value: Double?
    package let at: Date

    package init(
        _ name: String, step: Int, epoch: Int? = nil, value: Double, at: Date = Date()
    ) {
        self.name = name
        self.step = step
        self.epoch = epoch
        self.at = at
        self.value = value.isNaN ? nil : value
    }
}

package struct CheckResult: Sendable, Codable, Equatable {
    package let asset: String
    package let name: String
    package let severity: CheckSeverity
    package let passed: Bool
    /// What was looked at, and what was expected.
    package let evidence: Metadata

    /// - Parameter problem: what a failure means, in a sentence; by default the evidence tells.
    package init(
        _ name: String, of asset: String, severity: CheckSeverity, passed: Bool,
        evidence: Metadata, problem: String? = nil
    ) {
        var evidence = evidence
        if !passed { evidence["problem"] = problem.map(MetadataValue.text) }
        self.asset = asset
        self.name = name
        self.severity = severity
        self.passed = passed
        self.evidence = evidence
    }

    /// What a failure means, or the name with its evidence: `no overlap of test and train (share 0.002,
    /// shared_images 14)`.
    package var line: String {
        if case .text(let problem)? = evidence["problem"] { return problem }
        let facts = evidence.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.text)" }
        return name + (facts.isEmpty ? "" : " (\(facts.joined(separator: ", ")))")
    }
}

package struct DeploymentRecord: Sendable, Codable, Equatable {
    package let model: String
    package let strategy: String
    package let outcome: String
    package let reason: String

    package init(model: String, strategy: String, outcome: String, reason: String) {
        self.model = model
        self.strategy = strategy
        self.outcome = outcome
        self.reason = reason
    }
}
