/// What a data set holds, recorded with the run that used it.
public struct DatasetStatistics: Codable, Sendable, Equatable {
    public let dataset: String
    public let source: String
    public let isSample: Bool
    /// `[height, width]` in pixels.
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
        /// Of pixel / 255 over all pixels.
        public let mean: Double
        /// Of the same, the population's (divided by the number of pixels, not one less).
        public let standardDeviation: Double

        enum CodingKeys: String, CodingKey {
            case sampleCount = "sample_count"
            case classCounts = "class_counts"
            case mean
            case standardDeviation = "standard_deviation"
        }

        /// Sums are of whole numbers and therefore exact, whatever the size of the set.
        public init(_ set: ImageSet) {
            var histogram = [Int](repeating: 0, count: 256)
            for pixel in set.pixels { histogram[Int(pixel)] &+= 1 }
            var sum = 0
            var squares = 0
            for (value, count) in histogram.enumerated() {
                sum += value * count
                squares += value * value * count
            }
            let pixelCount = Double(max(set.pixels.count, 1))
            let mean = Double(sum) / pixelCount
            let variance = Double(squares) / pixelCount - mean * mean
            sampleCount = set.count
            classCounts = set.classCounts
            self.mean = mean / 255
            standardDeviation = max(variance, 0).squareRoot() / 255
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
        imageShape = [dataset.train.height, dataset.train.width]
        classNames = dataset.train.classNames
        train = Part(dataset.train)
        validation = dataset.validation.map(Part.init)
        test = dataset.test.map(Part.init)
        digests = dataset.digests
        notices = dataset.notices
    }
}
