/// Why a picture can't be read or used. Each case names the file and what was found there.
public enum ImageError: Error, Equatable, Sendable, CustomStringConvertible {
    case unreadable(name: String, reason: String)
    case empty(name: String)
    case fileTooLarge(name: String, bytes: Int, limit: Int)
    case notAnImage(name: String, firstBytes: String)
    case unsupportedFormat(name: String, format: String)
    case unsupported(name: String, format: String, found: String, supported: String)
    case zeroSize(name: String, format: ImageFormat, width: Int, height: Int)
    case tooManyPixels(name: String, format: ImageFormat, width: Int, height: Int)
    case tooMuchWork(name: String, format: ImageFormat, detail: String)
    case truncated(name: String, format: ImageFormat, detail: String)
    case damaged(name: String, format: ImageFormat, detail: String)
    case blank(name: String, contrast: Int, needed: Int)
    case noDigit(name: String)
    case unencodable(width: Int, height: Int, reason: String)

    public var description: String {
        switch self {
        case .unreadable(let name, let reason):
            "\(name): can't be read: \(reason)"
        case .empty(let name):
            "\(name): the file is empty, expected a picture (\(Self.formats))"
        case .fileTooLarge(let name, let bytes, let limit):
            "\(name): \(bytes) bytes, at most \(limit) are read. Save it smaller."
        case .notAnImage(let name, let firstBytes):
            "\(name): not a picture: it starts with \(firstBytes), expected \(Self.formats)"
        case .unsupportedFormat(let name, let format):
            "\(name): \(format) is not supported, only \(Self.formats). Save it as PNG."
        case .unsupported(let name, let format, let found, let supported):
            "\(name): \(format) with \(found) is not supported, only \(supported). "
                + "Save it as an ordinary PNG."
        case .zeroSize(let name, let format, let width, let height):
            "\(name): the \(format.rawValue) header says \(width)×\(height) pixels, "
                + "expected at least 1×1"
        case .tooManyPixels(let name, let format, let width, let height):
            "\(name): the \(format.rawValue) header says \(width)×\(height) pixels, at most "
                + "\(ImageLimits.maximumSide) a side and \(ImageLimits.maximumPixels) in all are "
                + "decoded. Scale it down."
        case .tooMuchWork(let name, let format, let detail):
            "\(name): the \(format.rawValue) file takes too much to decode: \(detail). Scale it down, "
                + "or save it as an ordinary 8-bit PNG."
        case .truncated(let name, let format, let detail):
            "\(name): the \(format.rawValue) file ends too early: \(detail). Copy it again."
        case .damaged(let name, let format, let detail):
            "\(name): the \(format.rawValue) file is damaged: \(detail)"
        case .blank(let name, let contrast, let needed):
            "\(name): no digit found: the picture's contrast is \(contrast) of 255, "
                + "at least \(needed) is needed"
        case .noDigit(let name):
            "\(name): no digit found: there is nothing that looks like a digit"
        case .unencodable(let width, let height, let reason):
            "PNG of \(width)×\(height) pixels can't be written: \(reason)"
        }
    }

    static let formats = "PNG, JPEG, BMP or PGM/PPM/PBM"
}
