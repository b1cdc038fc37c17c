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

extension InputNormalization {
    /// That with which the inputs of these images have mean 0 and standard deviation 1 in each channel.
    ///
    /// The sums are of whole numbers and therefore exact: neither the order of the images nor the
    /// machine changes them. A channel that is the same everywhere is divided by 1, as in scikit-learn's
    /// `StandardScaler`.
    ///
    /// - Parameters:
    ///   - pixels: `[N, H, W, C]`, row-major.
    ///   - indices: of the images that count.
    ///   - valuesPerImage: H · W · C.
    public static func measured(
        _ pixels: [UInt8], over indices: [Int], valuesPerImage: Int, channels: Int
    ) -> InputNormalization {
        precondition(
            channels > 0 && valuesPerImage.isMultiple(of: channels),
            "\(valuesPerImage) bytes an image of \(channels) channels")
        var histograms = [Int](repeating: 0, count: 256 * channels)
        for index in indices {
            let start = index * valuesPerImage
            for pixel in stride(from: start, to: start + valuesPerImage, by: channels) {
                for channel in 0..<channels {
                    histograms[256 &* channel &+ Int(pixels[pixel &+ channel])] &+= 1
                }
            }
        }
        let moments = (0..<channels).map {
            Self.moments(histograms[256 * $0..<256 * ($0 + 1)])
        }
        return InputNormalization(
            mean: moments.map(\.mean), standardDeviation: moments.map(\.deviation))
    }

    /// Mean and standard deviation (the population's) of byte / 255.
    private static func moments(
        _ histogram: ArraySlice<Int>
    ) -> (mean: Double, deviation: Double) {
        var (count, sum, squares) = (0, 0, 0)
        for (value, times) in histogram.enumerated() {
            count += times
            sum += value * times
            squares += value * value * times
        }
        guard count > 0 else { return (0, 1) }
        // n·Σx² − (Σx)² has 128 bits at most, and no rounding.
        let spread = Int128(count) * Int128(squares) - Int128(sum) * Int128(sum)
        let deviation = Double(spread).squareRoot() / Double(count) / 255
        return (Double(sum) / Double(count) / 255, deviation > 0 ? deviation : 1)
    }
}

extension ImageSamples {
    /// The normalisation of these images alone; see `InputNormalization.measured`.
    public var measuredNormalization: InputNormalization {
        .measured(
            pixels, over: indices, valuesPerImage: valuesPerImage, channels: channels)
    }
}
