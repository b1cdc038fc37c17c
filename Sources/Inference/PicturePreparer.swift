import Datasets
import Dispatch
import DurableFiles
import Foundation
import Kernels
import Synchronization

/// One picture that waits to be decoded.
enum PendingPicture: Sendable {
    case file(path: String)
    /// A picture of an IDX file or a data set.
    case element(DecodedImage, path: String)
    /// - isUnread: see `PredictionRow.isUnread`.
    case failure(path: String, reason: String, isUnread: Bool)

    var path: String {
        switch self {
        case .file(let path), .element(_, let path), .failure(let path, _, _): path
        }
    }
}

/// A picture ready for the model, or why it isn't.
enum PreparedPicture: Sendable {
    case pixels([UInt8], Preparation)
    case failure(String, isUnread: Bool)
}

/// Decodes pictures and brings them into the model's form, on a bounded number of threads: digits into
/// MNIST's; pictures in red, green and blue into the model's size, as `images:DIR` in colour is.
struct PicturePreparer: Sendable {
    let shape: SampleShape
    let normalizer: DigitNormalizer
    let polarity: Polarity
    let threads: Int

    /// - Precondition: `shape.isOfPictures`.
    init(shape: SampleShape, polarity: Polarity, threads: Int) {
        precondition(shape.isOfPictures, "\(shape)")
        self.shape = shape
        self.polarity = polarity
        self.threads = threads
        normalizer = DigitNormalizer(polarity: polarity)
    }

    /// The pictures in their order. Each thread takes the next one that nobody has taken.
    func prepare(_ pictures: [PendingPicture]) -> [PreparedPicture] {
        let next = Atomic<Int>(0)
        let results = Mutex([PreparedPicture?](repeating: nil, count: pictures.count))
        DispatchQueue.concurrentPerform(iterations: min(threads, pictures.count)) { _ in
            while case let index = next.add(1, ordering: .relaxed).oldValue, index < pictures.count
            {
                let prepared = prepare(pictures[index])
                results.withLock { $0[index] = prepared }
            }
        }
        return results.withLock { $0.map { $0! } }
    }

    private func prepare(_ picture: PendingPicture) -> PreparedPicture {
        do {
            switch picture {
            case .failure(_, let reason, let isUnread):
                return .failure(reason, isUnread: isUnread)
            case .file(let path):
                let color = isColor ? ImageColor.rgb : .grey
                let image = try ImageDecoder.decode(file: path, color: color)
                return isColor ? prepareColor(image) : try prepare(image)
            case .element(let image, _):
                return isColor ? prepareColor(image) : try prepareElement(image)
            }
        } catch {
            // The row names the picture already.
            let (text, prefix) = ("\(error)", picture.path + ": ")
            return .failure(
                text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text,
                isUnread: Self.isOfReading(error))
        }
    }

    private var isColor: Bool { shape.channels == 3 }

    private func prepareColor(_ image: DecodedImage) -> PreparedPicture {
        let size = ImageSize(height: shape.height, width: shape.width)
        let isUsedAsIs =
            image.channels == 3 && image.height == size.height && image.width == size.width
        return .pixels(
            image.colors(in: size),
            Preparation(isUsedAsIs: isUsedAsIs, polarity: nil, warnings: image.warnings))
    }

    private static func isOfReading(_ error: any Error) -> Bool {
        if case ImageError.unreadable = error { return true }
        return error is FileError
    }

    private func prepare(_ image: DecodedImage) throws -> PreparedPicture {
        let digit = try normalizer.normalizeReporting(image)
        return .pixels(
            digit.pixels,
            Preparation(
                isUsedAsIs: digit.isUsedAsIs, polarity: digit.polarity, warnings: image.warnings))
    }

    /// A 28×28 picture of an IDX or CSV file has the form that the model was trained on, and is only
    /// prepared where it is said to be dark on light. Where it can't well be of that form, its row says so.
    private func prepareElement(_ image: DecodedImage) throws -> PreparedPicture {
        let side = DigitNormalizer.side
        if image.height == side && image.width == side && image.channels == 1
            && polarity != .darkOnLight
        {
            let warning = DigitNormalizer.doubt(about: image.pixels).map {
                "used as it is, as all of IDX and CSV files, but \($0)"
            }
            return .pixels(
                image.pixels,
                Preparation(
                    isUsedAsIs: true, polarity: .lightOnDark, warnings: warning.map { [$0] } ?? []))
        }
        return try prepare(image)
    }
}
