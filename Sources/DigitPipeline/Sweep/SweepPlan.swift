import DurableFiles
import Foundation
import Training

/// What a sweep tries, how, and by which figure it ranks.
public struct SweepPlan: Sendable {
    public enum Method: String, Sendable, CaseIterable {
        /// Every combination.
        case grid
        /// Combinations drawn at random.
        case random
        /// Combinations that are trained a little, of which the best part goes on, again and again.
        case halving
    }

    public enum Metric: String, Sendable, CaseIterable {
        case validationAccuracy = "validation_accuracy"
        case validationLoss = "validation_loss"

        public var isHigherBetter: Bool { self == .validationAccuracy }

        /// Whether one metric is better than another.
        public func isBetter(_ a: Double, than b: Double) -> Bool { isHigherBetter ? a > b : a < b }
    }

    public var name: String
    public var method: Method = .grid
    public var metric: Metric = .validationAccuracy
    /// Settings of all trials.
    public var base: [ConfigSetting] = []
    public var variants: [SweepVariant] = []
    public var axes: [ParameterAxis] = []
    /// Each combination is trained with each of them.
    public var seeds: [UInt64] = [42]
    /// How many combinations are drawn: for `random`, and for `halving` where it isn't the grid.
    public var trialCount: Int?
    public var randomSeed: UInt64 = 42
    /// For `halving`: epochs of the first round, and how many times more the next ones have, and fewer
    /// trials.
    public var firstEpochs = 1
    public var factor = 3
    /// Trials at a time; nil measures what is faster.
    public var parallelTrials: Int?

    private static let trialLimit = 10_000

    public init(name: String) { self.name = name }

    /// The trials, each with a config that was checked.
    ///
    /// - Throws: `SweepError`; `RunConfigError` for an unknown key or an impossible value.
    public func trials() throws -> [SweepTrial] {
        try check()
        let space = SearchSpace(variants: variants, axes: axes)
        let points =
            switch (method, trialCount) {
            case (.grid, _), (.halving, nil): try space.grid()
            case (.random, let count?), (.halving, let count?):
                space.sample(count, seed: randomSeed)
            case (.random, nil): throw SweepError.missing("trials", for: "method random")
            }
        var known: Set<String> = []
        let trials = try points.enumerated().map { index, point in
            try SweepTrial(point, number: index + 1, base: base)
        }
        // Points that were drawn twice are one trial.
        return trials.filter { known.insert($0.id).inserted }
    }

    private func check() throws {
        guard name.range(of: "^[A-Za-z0-9._-]{1,64}$", options: .regularExpression) != nil else {
            throw SweepError.value(
                "name", name, allowed: "1 to 64 letters, digits, dots, dashes and underscores")
        }
        guard !seeds.isEmpty, Set(seeds).count == seeds.count else {
            throw SweepError.value("seeds", "\(seeds)", allowed: "different whole numbers")
        }
        guard !(variants.isEmpty && axes.isEmpty) else {
            throw SweepError.missing("parameters or variants", for: "a sweep")
        }
        if let trialCount, !(1...SweepPlan.trialLimit).contains(trialCount) {
            throw SweepError.value(
                "trials", "\(trialCount)",
                allowed: "a whole number from 1 to \(SweepPlan.trialLimit)")
        }
        guard factor >= 2 else {
            throw SweepError.value("factor", "\(factor)", allowed: "a whole number of at least 2")
        }
        guard firstEpochs >= 1 else {
            throw SweepError.value(
                "first_epochs", "\(firstEpochs)", allowed: "a whole number of at least 1")
        }
        if let parallelTrials, parallelTrials < 1 {
            throw SweepError.value(
                "parallel", "\(parallelTrials)", allowed: "a whole number of at least 1")
        }
        for axis in axes + variants.flatMap(\.axes)
        where ConfigSchema.key(named: axis.key)?.effect == .randomness {
            throw SweepError.value(
                "parameters", axis.key, allowed: "keys but \(axis.key), which is seeds: […]")
        }
    }
}

/// One combination of a sweep.
public struct SweepTrial: Sendable {
    /// Tells trials apart by what they do: digits of a digest of their config.
    public let id: String
    /// `adam, learning_rate 0.001`
    public let name: String
    /// The name of its variant.
    let variant: String?
    let config: RunConfig

    /// Its place among the trials, from 1.
    let number: Int

    init(_ point: SearchSpace.Point, number: Int, base: [ConfigSetting]) throws {
        self.number = number
        config = try EffectiveConfig(settings: base + point.settings).config
        variant = point.variant
        let told = point.settings.filter { !point.fixedKeys.contains($0.key) }
        name = ((point.variant.map { [$0] } ?? []) + told.map { "\($0.key) \($0.value.text)" })
            .joined(separator: ", ")
        id = SweepTrial.digest(config)
    }

    /// Of all that decides the result, but the seed.
    private static func digest(_ config: RunConfig) -> String {
        let values = config.values(affecting: .configuration)
        let lines = values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }
        return String(SHA256.hexDigest(of: Data(lines.joined().utf8)).prefix(12))
    }

    func config(seed: UInt64) -> RunConfig {
        var config = config
        config.model.seed = seed
        return config
    }
}

/// Why a sweep can't be begun.
public enum SweepError: Error, Equatable, CustomStringConvertible {
    case missing(String, for: String)
    case value(String, String, allowed: String)
    case rangeInGrid(key: String, origin: ConfigOrigin)
    case file(path: String, line: Int?, reason: String)
    case noRuns(String)
    case allFailed(trainings: Int, first: String)

    public var description: String {
        switch self {
        case .missing(let field, let what): "\(field) is missing, which \(what) needs"
        case .value(let field, let got, let allowed):
            "\(field) \(got): must be \(allowed)"
        case .rangeInGrid(let key, let origin):
            "\(origin): \(key) has a range, which a grid can't go through; give a list, or method random"
        case .file(let path, let line, let reason):
            path + (line.map { ":\($0)" } ?? "") + ": \(reason)"
        case .noRuns(let what): "\(what): no finished trainings to compare"
        case .allFailed(let count, let first):
            (count == 1
                ? "the training failed: " : "all \(count) trainings failed, the first one: ")
                + first
        }
    }
}
