import Foundation
import Kernels
import Training

/// The values that one configuration key may take in a search.
public struct ParameterAxis: Sendable, Equatable {
    public enum Values: Sendable, Equatable {
        case list([RawConfigValue])
        /// Any number between two; for random search.
        case range(low: Double, high: Double, isLogarithmic: Bool)
    }

    public let key: String
    public let values: Values
    /// Where it was written.
    public let origin: ConfigOrigin

    public init(key: String, values: Values, origin: ConfigOrigin) {
        self.key = key
        self.values = values
        self.origin = origin
    }

    func setting(_ value: RawConfigValue) -> ConfigSetting {
        ConfigSetting(key: key, value: value, origin: origin)
    }
}

/// Settings that belong together under a name, such as an optimizer with its momentum.
public struct SweepVariant: Sendable, Equatable {
    public let name: String
    public let axes: [ParameterAxis]

    public init(name: String, axes: [ParameterAxis]) {
        self.name = name
        self.axes = axes
    }
}

/// All that a sweep may try: each variant with each combination of its own axes and the common ones.
struct SearchSpace {
    let variants: [SweepVariant]
    let axes: [ParameterAxis]

    struct Point: Equatable {
        let variant: String?
        /// Keys of the variant that have one value, which its name stands for.
        let fixedKeys: Set<String>
        let settings: [ConfigSetting]
    }

    /// Every combination, the last axis changing fastest.
    ///
    /// - Throws: `SweepError.rangeInGrid`.
    func grid() throws -> [Point] {
        try branches.flatMap { branch in
            try branch.axes.reduce([[ConfigSetting]()]) { points, axis in
                guard case .list(let values) = axis.values else {
                    throw SweepError.rangeInGrid(key: axis.key, origin: axis.origin)
                }
                return points.flatMap { point in values.map { point + [axis.setting($0)] } }
            }.map(branch.point)
        }
    }

    /// Different points: a variant, then a value of each axis, all with equal chances. Fewer than
    /// `count` where there hardly are as many.
    func sample(_ count: Int, seed: UInt64) -> [Point] {
        var random = SplitMix64(seed: seed)
        var points: [Point] = []
        var known: Set<[String]> = []
        for _ in 0..<count * 20 where points.count < count {
            let branch = branches.randomElement(using: &random)!
            let point = branch.point(branch.axes.map { $0.setting($0.draw(using: &random)) })
            let key = [point.variant ?? ""] + point.settings.map { "\($0.key) \($0.value.text)" }
            if known.insert(key).inserted { points.append(point) }
        }
        return points
    }

    private struct Branch {
        let variant: SweepVariant?
        let axes: [ParameterAxis]

        func point(_ settings: [ConfigSetting]) -> Point {
            let fixed = (variant?.axes ?? []).filter { axis in
                if case .list(let values) = axis.values { values.count == 1 } else { false }
            }
            return Point(
                variant: variant?.name, fixedKeys: Set(fixed.map(\.key)), settings: settings)
        }
    }

    private var branches: [Branch] {
        variants.isEmpty
            ? [Branch(variant: nil, axes: axes)]
            : variants.map { Branch(variant: $0, axes: $0.axes + axes) }
    }
}

extension ParameterAxis {
    fileprivate func draw(using random: inout SplitMix64) -> RawConfigValue {
        switch values {
        case .list(let values): return values.randomElement(using: &random)!
        case .range(let low, let high, let isLogarithmic):
            let share = Double.random(in: 0...1, using: &random)
            let value =
                isLogarithmic
                ? exp(log(low) + share * (log(high) - log(low))) : low + share * (high - low)
            return .plain(text(min(max(value, low), high)))
        }
    }
}

extension ParameterAxis {
    /// Whole numbers, and multiples of what the key asks for, where it takes no others.
    private func text(_ value: Double) -> String {
        guard case .integer(_, let divisor)? = ConfigSchema.key(named: key)?.domain else {
            // Few enough digits to read, enough to tell points apart.
            return String(format: "%.5g", value)
        }
        let step = Double(divisor)
        return String(format: "%.0f", (value / step).rounded() * step)
    }
}
