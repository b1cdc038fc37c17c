import Foundation

/// Reads CIFAR-10's binary form: one record after another, each a label byte and 32×32 bytes of red, then
/// of green, then of blue. A pixel's channels lie together in what comes out.
///
/// Source: A. Krizhevsky, "The CIFAR-10 dataset", binary version.
struct CIFARRecords {
    static let side = 32
    static let channels = 3
    /// A label and one image.
    static let recordBytes = 1 + side * side * channels

    private(set) var labels: [UInt8] = []
    /// `[records, 32, 32, 3]`.
    private(set) var pixels: [UInt8] = []

    private let file: String
    private let classCount: Int
    private let limits: DatasetLimits
    /// Bytes of a record that isn't whole yet.
    private var record: [UInt8] = []

    /// - Parameter file: what errors call it.
    init(file: String, classCount: Int, limits: DatasetLimits) {
        self.file = file
        self.classCount = classCount
        self.limits = limits
        record.reserveCapacity(Self.recordBytes)
    }

    /// Takes the next bytes of the content.
    ///
    /// - Throws: `DatasetError.labelOutsideClasses`, `.tooManyRecords`.
    mutating func consume(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.recordBytes - record.count)
            record += part
            rest = rest.dropFirst(part.count)
            if record.count == Self.recordBytes { try takeRecord() }
        }
    }

    /// Says that the content has ended.
    ///
    /// - Throws: `DatasetError.cifarLength` for content of no records, or of a part of one.
    func finish() throws {
        guard record.isEmpty, !labels.isEmpty else {
            throw DatasetError.cifarLength(
                file: file, length: labels.count * Self.recordBytes + record.count)
        }
    }

    /// - Throws: `DatasetError.labelOutsideClasses` for the first label that is no class.
    func checkLabels(classCount: Int) throws {
        guard let index = labels.firstIndex(where: { $0 >= classCount }) else { return }
        throw outsideClasses(index, labels[index], classCount)
    }

    private func outsideClasses(_ index: Int, _ label: UInt8, _ classCount: Int) -> DatasetError {
        .labelOutsideClasses(
            file: file, offset: index * Self.recordBytes, got: Int(label), classCount: classCount)
    }

    private mutating func takeRecord() throws {
        let label = record[0]
        guard label < classCount else {
            throw outsideClasses(labels.count, label, classCount)
        }
        guard labels.count < limits.imageCount else {
            throw DatasetError.tooManyRecords(file: file, limit: limits.imageCount)
        }
        labels.append(label)
        let plane = Self.side * Self.side
        for pixel in 1...plane {
            pixels.append(record[pixel])
            pixels.append(record[pixel &+ plane])
            pixels.append(record[pixel &+ 2 &* plane])
        }
        record.removeAll(keepingCapacity: true)
    }
}

extension CIFARRecords {
    /// Reads a plain or gzip file.
    ///
    /// - Returns: its images, and the SHA-256 of the uncompressed content.
    /// - Throws: `DatasetError` naming file and place, `FileError.unreadable`.
    static func read(
        _ url: URL, classCount: Int, limits: DatasetLimits
    ) throws -> (records: CIFARRecords, digest: String) {
        var records = CIFARRecords(file: url.path, classCount: classCount, limits: limits)
        let digest = try FileContent.read(url, limit: limits.contentBytes) {
            try records.consume($0)
        }
        try records.finish()
        return (records, digest)
    }
}
