import Kernels

/// How bytes become inputs: (byte/255 − mean) / standardDeviation, each channel by its own.
///
/// Stored with each model, so that inference can't drift from training.
public struct InputNormalization: Sendable, Equatable {
    /// The mean and standard deviation of MNIST's training pixels, in [0, 1].
    public static let mnist = InputNormalization(mean: 0.1307, standardDeviation: 0.3081)

    /// One a channel.
    public let mean: [Double]
    public let standardDeviation: [Double]

    public var channels: Int { mean.count }

    /// Of images with one channel.
    public init(mean: Double, standardDeviation: Double) {
        self.init(mean: [mean], standardDeviation: [standardDeviation])
    }

    /// - Precondition: as many of both, at least one.
    public init(mean: [Double], standardDeviation: [Double]) {
        precondition(
            !mean.isEmpty && mean.count == standardDeviation.count,
            "\(mean.count) means and \(standardDeviation.count) standard deviations")
        self.mean = mean
        self.standardDeviation = standardDeviation
    }

    /// Whether it can be computed with.
    public var isUsable: Bool {
        mean.allSatisfy(\.isFinite) && standardDeviation.allSatisfy { $0.isFinite && $0 > 0 }
    }
}

/// `{"mean": 0.1307, "standard_deviation": 0.3081}`, with lists of numbers for several channels.
extension InputNormalization: Codable {
    enum CodingKeys: String, CodingKey {
        case mean
        case standardDeviation = "standard_deviation"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func values(_ key: CodingKeys) throws -> [Double] {
            // A list that can't be decoded is told as one number that can't be.
            try (try? container.decode([Double].self, forKey: key))
                ?? [container.decode(Double.self, forKey: key)]
        }
        let (mean, deviation) = (try values(.mean), try values(.standardDeviation))
        guard !mean.isEmpty, mean.count == deviation.count else {
            throw DecodingError.dataCorruptedError(
                forKey: .standardDeviation, in: container,
                debugDescription:
                    "\(mean.count) means and \(deviation.count) standard deviations, expected as "
                    + "many of both, at least one")
        }
        self.init(mean: mean, standardDeviation: deviation)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if channels == 1 {
            try container.encode(mean[0], forKey: .mean)
            try container.encode(standardDeviation[0], forKey: .standardDeviation)
        } else {
            try container.encode(mean, forKey: .mean)
            try container.encode(standardDeviation, forKey: .standardDeviation)
        }
    }
}

extension ByteNormalization {
    /// - Precondition: `normalization` is usable.
    public init(_ normalization: InputNormalization) {
        self.init(
            means: normalization.mean, standardDeviations: normalization.standardDeviation)
    }
}
