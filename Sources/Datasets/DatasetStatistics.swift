/// What a data set holds, recorded with the run that used it.
public struct DatasetStatistics: Codable, Sendable, Equatable {
    public let dataset: String
    public let source: String
    public let isSample: Bool
    /// `[height, width]` in pixels, and the channels where there are several.
    public let imageShape: [Int]
    public let classNames: [String]
    public let train: Part
    /// Nil when the source has no validation set of its own.
    public let validation: Part?
    /// Nil when the source has no test set.
    public let test: Part?
    /// SHA-256 of each file's uncompressed content, by file name.
    public let digests: [String: String]
    public let notices: [SourceNotice]

    /// One part of the set.
    public struct Part: Codable, Sendable, Equatable {
        public let sampleCount: Int
        /// In the order of the class names.
        public let classCounts: [Int]
        /// Of byte / 255 over all pixels and channels.
        public let mean: Double
        /// Of the same, the population's (divided by the number of bytes, not one less).
        public let standardDeviation: Double
        /// Of each channel; nil for images that have one.
        public let channelMeans: [Double]?
        public let channelStandardDeviations: [Double]?

        enum CodingKeys: String, CodingKey {
            case sampleCount = "sample_count"
            case classCounts = "class_counts"
            case mean
            case standardDeviation = "standard_deviation"
            case channelMeans = "channel_means"
            case channelStandardDeviations = "channel_standard_deviations"
        }

        public init(_ set: ImageSet) {
            let channels = ByteSums.byChannel(set.pixels, channels: set.channels)
            let all = channels.reduce(ByteSums(), +)
            sampleCount = set.count
            classCounts = set.classCounts
            mean = all.mean
            standardDeviation = all.standardDeviation
            channelMeans = channels.count == 1 ? nil : channels.map(\.mean)
            channelStandardDeviations =
                channels.count == 1 ? nil : channels.map(\.standardDeviation)
        }
    }

    enum CodingKeys: String, CodingKey {
        case dataset, source, train, validation, test, digests, notices
        case isSample = "is_sample"
        case imageShape = "image_shape"
        case classNames = "class_names"
    }

    public init(_ dataset: Dataset) {
        self.dataset = dataset.name
        source = dataset.source
        isSample = dataset.isSample
        imageShape = dataset.train.imageShape
        classNames = dataset.train.classNames
        train = Part(dataset.train)
        validation = dataset.validation.map(Part.init)
        test = dataset.test.map(Part.init)
        digests = dataset.digests
        notices = dataset.notices
    }
}

/// Sums over bytes. They are of whole numbers and therefore exact, whatever the size of the set.
private struct ByteSums {
    private var count = 0
    private var sum = 0
    private var squares = 0

    /// Of byte / 255.
    var mean: Double { average / 255 }
    var standardDeviation: Double {
        max(Double(squares) / Double(max(count, 1)) - average * average, 0).squareRoot() / 255
    }

    private var average: Double { Double(sum) / Double(max(count, 1)) }

    static func + (left: ByteSums, right: ByteSums) -> ByteSums {
        var total = left
        total.count += right.count
        total.sum += right.sum
        total.squares += right.squares
        return total
    }

    private mutating func add(_ value: Int, times: Int) {
        count += times
        sum += value * times
        squares += value * value * times
    }

    /// - Parameter pixels: a pixel's channels together.
    static func byChannel(_ pixels: [UInt8], channels: Int) -> [ByteSums] {
        var histograms = [Int](repeating: 0, count: 256 * channels)
        var channel = 0
        for byte in pixels {
            histograms[256 &* channel &+ Int(byte)] &+= 1
            channel = channel &+ 1 == channels ? 0 : channel &+ 1
        }
        return (0..<channels).map { channel in
            var sums = ByteSums()
            for value in 0..<256 { sums.add(value, times: histograms[256 * channel + value]) }
            return sums
        }
    }
}
