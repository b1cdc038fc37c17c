/// A data set ready for the pipeline, with where it came from.
public struct Dataset: Sendable, Equatable {
    /// As given to `--dataset`: `mnist`, `idx:digits`, ….
    public let name: String
    /// Where the images were read, for people: a folder, a mirror, the sample.
    public internal(set) var source: String
    public let train: ImageSet
    /// The images to validate with, when the source has some of its own; else they are split off from
    /// the training images.
    public let validation: ImageSet?
    /// The official test images, when the source has them. The sample that ships has none.
    public let test: ImageSet?
    /// SHA-256 of each file's uncompressed content, by file name.
    public let digests: [String: String]
    /// The sources that were passed over on the way here and what else the user should know.
    public internal(set) var notices: [SourceNotice]
    /// Whether this is the small sample that ships with the package and not the whole set.
    public let isSample: Bool

    public init(
        name: String, source: String, train: ImageSet, validation: ImageSet? = nil,
        test: ImageSet? = nil, digests: [String: String], notices: [SourceNotice] = [],
        isSample: Bool = false
    ) {
        self.name = name
        self.source = source
        self.train = train
        self.validation = validation
        self.test = test
        self.digests = digests
        self.notices = notices
        self.isSample = isSample
    }
}

/// One sentence for the user on a source of data: why it was passed over, or what to know of it.
public struct SourceNotice: Sendable, Equatable, Codable, CustomStringConvertible {
    public let source: String
    public let reason: String

    public init(source: String, reason: String) {
        self.source = source
        self.reason = reason
    }

    public var description: String { "\(source): \(reason)" }
}

/// What a load tells its caller while it works.
public enum DatasetEvent: Sendable, Equatable {
    /// A source was passed over, or something else the user should read.
    case notice(SourceNotice)
    case download(DownloadProgress)
}

/// Bounds that hold before memory is taken for what a file claims.
public struct DatasetLimits: Sendable, Equatable {
    /// Of one file, uncompressed. EMNIST's largest file has 0.55 GB.
    public var contentBytes: Int
    /// Largest height or width of an image, in pixels.
    public var imageSide: Int
    /// Most images in a file. EMNIST has 814,255.
    public var imageCount: Int

    public init(
        contentBytes: Int = 1 << 31, imageSide: Int = 1024, imageCount: Int = 10_000_000
    ) {
        self.contentBytes = contentBytes
        self.imageSide = imageSide
        self.imageCount = imageCount
    }
}
