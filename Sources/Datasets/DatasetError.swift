import SafeText

/// Why data was refused: which file and where in it, what was expected, what was got, what to do.
public enum DatasetError: Error, Equatable {
    // Names and files.
    case unknownDataset(name: String)
    case missing(path: String, expected: String)
    case tooLarge(file: String, limit: Int)
    case gzipRatio(file: String, compressed: Int, limit: Int, ratio: Int)
    case gzip(file: String, offset: Int, reason: String)
    case wrongDigest(file: String, got: String, expected: String, hint: String)
    case noSource(dataset: String, notices: [SourceNotice])
    case sampleMissing(searched: [String])

    // IDX.
    case magicNumber(file: String, got: UInt32, expected: UInt32)
    case emptyDimension(file: String, offset: Int, axis: Int)
    case dimension(file: String, offset: Int, got: Int, limit: Int)
    case imageCount(file: String, got: Int, limit: Int)
    case dimensionOverflow(file: String, dimensions: [Int], limit: Int)
    case truncated(file: String, length: Int, expected: Int, dimensions: [Int])
    case trailingBytes(file: String, offset: Int, dimensions: [Int])
    case labelOutsideClasses(file: String, offset: Int, got: Int, classCount: Int)
    case countMismatch(imageFile: String, images: Int, labelFile: String, labels: Int)
    case sizeMismatch(file: String, got: [Int], expected: [Int], expectedBy: String)
    case classNames(file: String, reason: String)

    // CIFAR-10's binary form.
    case cifarLength(file: String, length: Int)
    case tooManyRecords(file: String, limit: Int)
    case cifarArchive(file: String, reason: String)
    case tar(file: String, offset: Int, reason: String)
    case wrongArchiveDigest(file: String, got: String, expected: String, hint: String)

    // CSV and folders of images.
    case csv(file: String, line: Int, column: Int?, got: String, expected: String)
    case csvWithoutLabels(file: String, columns: Int)
    case imageFolder(path: String, reason: String)
    /// Folders with the names of parts, in a place or a way in which they can't be parts.
    case imageParts(path: String, reason: String)
    case unreadableImages(path: String, problems: [String])
    /// Colour pictures that aren't all of one size, or are larger than a network takes.
    case pictureSizes(path: String, sizes: [String], limit: Int)
    case tooManyPixels(path: String, size: ImageSize, limit: Int)
}

extension DatasetError: CustomStringConvertible, MultilineError {
    public var lines: [String] {
        switch self {
        case .noSource(let dataset, let notices):
            ["\(dataset): no source has it:"] + notices.map { "  \($0)" }
                + ["Give a folder that holds its files with --data-dir"]
        case .unreadableImages(let path, let problems):
            ["\(path): \(Count.of(problems.count, "image")) can't be used:"]
                + problems.map { "  \($0)" } + ["Mend or remove them"]
        default: [sentence]
        }
    }

    /// Of those with one line.
    private var sentence: String {
        switch self {
        case .noSource, .unreadableImages: lines.joined(separator: "\n")
        case .unknownDataset(let name):
            "--dataset \(Address.withoutSecrets(name)): unknown; expected one of "
                + DatasetKind.usage
        case .missing(let path, let expected):
            "\(path): not there; expected \(expected)"
        case .tooLarge(let file, let limit):
            "\(file): more than \(limit) bytes uncompressed, which is the limit for one file; "
                + "check that it is the right file"
        case .gzipRatio(let file, let compressed, let limit, let ratio):
            "\(file): \(compressed) bytes of gzip hold more than \(limit), the limit for that size "
                + "(\(ratio) times as much, and 16 MiB); images of digits hold three to ten times "
                + "as much. If it is the right file, unpack it with gunzip first"
        case .gzip(let file, let offset, let reason):
            "\(file): byte \(offset): \(reason); expected one whole gzip stream and nothing after "
                + "it. Copy or download the file again"
        case .wrongDigest(let file, let got, let expected, let hint):
            "\(file): SHA-256 of the uncompressed content is \(got), expected \(expected). \(hint)"
        case .sampleMissing(let searched):
            "the sample of MNIST that ships with tessera is missing; looked for in "
                + searched.joined(separator: ", ")
                + ". Keep tessera_Datasets.resources in the folder of the program, or give "
                + "--data-dir"
        case .magicNumber(let file, let got, let expected):
            "\(file): " + Self.magicNumberText(got: got, expected: expected)
        case .emptyDimension(let file, let offset, let axis):
            "\(file): byte \(offset): dimension \(axis) is 0, expected at least 1"
        case .dimension(let file, let offset, let got, let limit):
            "\(file): byte \(offset): image side \(got), expected 1 to \(limit) pixels"
        case .imageCount(let file, let got, let limit):
            "\(file): bytes 4 to 7: \(got) images or labels, the limit is \(limit); the header is "
                + "damaged, or split the set"
        case .dimensionOverflow(let file, let dimensions, let limit):
            "\(file): bytes 4 to \(3 + 4 * dimensions.count): dimensions "
                + "\(shape(dimensions)) need more than the limit of \(limit) bytes; "
                + "the header is damaged or not that of an image set"
        case .truncated(let file, let length, let expected, let dimensions):
            "\(file): ends at byte \(length), expected \(expected) bytes "
                + (dimensions.isEmpty ? "of header" : "for dimensions \(shape(dimensions))")
                + ". The file is cut short: copy or download it again"
        case .trailingBytes(let file, let offset, let dimensions):
            "\(file): more bytes after byte \(offset), expected the end of the file there for "
                + "dimensions \(shape(dimensions))"
        case .labelOutsideClasses(let file, let offset, let got, let classCount):
            "\(file): byte \(offset): label \(got), expected 0 to \(classCount - 1)"
        case .countMismatch(let imageFile, let images, let labelFile, let labels):
            "\(imageFile) has \(images) images, \(labelFile) has \(labels) labels; expected equal "
                + "counts. Check that the two belong together"
        case .sizeMismatch(let file, let got, let expected, let expectedBy):
            "\(file): images of \(shape(got)) pixels, expected \(shape(expected)) as \(expectedBy)"
        case .classNames(let file, let reason):
            "\(file): \(reason); expected one class name a line, 2 to 256 of them, all different"
        case .cifarLength(let file, let length):
            "\(file): \(length) bytes, expected a multiple of \(CIFARRecords.recordBytes), at least one "
                + "record: a label byte and 32×32 bytes each of red, green and blue. The file is cut "
                + "short, or isn't CIFAR-10's binary version"
        case .tooManyRecords(let file, let limit):
            "\(file): more than \(limit) images, which is the limit; split the set"
        case .cifarArchive(let file, let reason):
            "\(file): \(reason) in the archive, expected one each of data_batch_1.bin to "
                + "data_batch_5.bin and test_batch.bin, as cifar-10-binary.tar.gz has them"
        case .tar(let file, let offset, let reason):
            "\(file): byte \(offset) of the uncompressed archive: \(reason). Copy or download it again"
        case .wrongArchiveDigest(let file, let got, let expected, let hint):
            "\(file): SHA-256 is \(got), expected \(expected). \(hint)"
        case .csv(let file, let line, let column, let got, let expected):
            "\(file): line \(line)" + (column.map { ", column \($0)" } ?? "")
                + ": \(got), expected \(expected)"
        case .csvWithoutLabels(let file, let columns):
            "\(file): \(columns) columns of pixels and none of labels, which training needs. To score its "
                + "images give it to tessera predict; to train on them add a column \"label\""
        case .imageFolder(let path, let reason):
            "\(path): \(reason); expected one folder a class with images in each"
        case .pictureSizes(let path, let sizes, let limit):
            (sizes.count == 1
                ? "\(path): pictures of \(sizes[0]), at most \(limit) a side"
                : "\(path): pictures of \(sizes.count) sizes, height first: "
                    + sizes.prefix(5).joined(separator: ", ") + (sizes.count > 5 ? ", …" : "")
                    + "; expected one")
                + ". Give the size that they are brought to with --image-size (image_size), such as "
                + "64 or 48x64"
        case .tooManyPixels(let path, let size, let limit):
            "\(path): pictures of \(size) take more than \(limit) bytes together, the limit for one "
                + "part; give a smaller --image-size (image_size)"
        case .imageParts(let path, let reason):
            "\(path): \(reason). Expected either one folder a class, or train and perhaps validation "
                + "and test with one folder a class in each, and nothing else; rename a class that has "
                + "the name of a part"
        }
    }

    private static func magicNumberText(got: UInt32, expected: UInt32) -> String {
        let got0 = "magic number \(got), expected \(expected)"
        switch (got, expected) {
        case (2049, 2051):
            return got0 + ". That is a label file; check that the two paths are not swapped"
        case (2051, 2049):
            return got0 + ". That is an image file; check that the two paths are not swapped"
        default:
            break
        }
        guard got >> 16 == 0 else { return got0 + ". This is not an IDX file" }
        let type = UInt8(got >> 8 & 0xff)
        guard type == 0x08 else {
            return "byte 2: element type \(elementTypeName(type)), expected 8 (unsigned bytes)"
        }
        return "byte 3: \(got & 0xff) dimensions, expected \(expected & 0xff)"
    }

    private static func elementTypeName(_ type: UInt8) -> String {
        let names: [UInt8: String] = [
            0x09: "signed bytes", 0x0b: "16-bit integers", 0x0c: "32-bit integers",
            0x0d: "32-bit floats", 0x0e: "64-bit floats",
        ]
        return "\(type) (\(names[type] ?? "unknown to IDX"))"
    }

    private func shape(_ dimensions: [Int]) -> String {
        dimensions.map(String.init).joined(separator: "×")
    }
}
