import Datasets
import DurableFiles
import Foundation

/// The pictures of a run in order; an IDX file is one picture after the other.
///
/// IDX files are read as their pictures are taken: one of two gigabytes needs no more memory than a
/// small one.
struct PictureQueue {
    private var inputs: Inputs
    private var open: OpenIDX?

    private enum Inputs {
        case walked(InputWalker)
        case given(ArraySlice<ScoringInput>)
    }

    init(_ paths: [String]) { inputs = .walked(InputWalker(paths)) }

    init(_ inputs: [ScoringInput]) { self.inputs = .given(inputs[...]) }

    init(_ file: IDXFile, named name: String) {
        inputs = .given([])
        open = OpenIDX(name, file)
    }

    init(_ set: ImageSet, named name: String) {
        inputs = .given([])
        open = OpenIDX(
            path: name, height: set.height, width: set.width, channels: set.channels, next: 0,
            source: .memory(set.pixels, count: set.count))
    }

    var skipped: Int {
        if case .walked(let walker) = inputs { walker.skipped } else { 0 }
    }

    /// Up to `count` pictures; none when all have been taken.
    mutating func next(_ count: Int) -> [PendingPicture] {
        var batch: [PendingPicture] = []
        while batch.count < count, let picture = next() { batch.append(picture) }
        return batch
    }

    private mutating func next() -> PendingPicture? {
        while true {
            if let picture = nextOfIDX() { return picture }
            guard let input = nextInput() else { return nil }
            switch input.kind {
            case .picture: return .file(path: input.path)
            case .failure(let reason):
                return .failure(path: input.path, reason: reason, isUnread: true)
            case .idx:
                if let failure = openIDX(input.path) { return failure }
            case .csv:
                if let failure = openCSV(input.path) { return failure }
            }
        }
    }

    private mutating func nextInput() -> ScoringInput? {
        switch inputs {
        case .given(var rest):
            defer { inputs = .given(rest) }
            return rest.popFirst()
        case .walked(var walker):
            defer { inputs = .walked(walker) }
            return walker.next()
        }
    }

    // MARK: - IDX

    private struct OpenIDX {
        enum Source {
            case memory([UInt8], count: Int)
            case file(IDXImageStream)
        }

        let path: String
        let height: Int
        let width: Int
        let channels: Int
        var next: Int
        let source: Source

        init(
            path: String, height: Int, width: Int, channels: Int = 1, next: Int, source: Source
        ) {
            (self.path, self.height, self.width) = (path, height, width)
            (self.channels, self.next, self.source) = (channels, next, source)
        }

        init(_ path: String, _ file: IDXFile) {
            self.init(
                path: path, height: file.dimensions[1], width: file.dimensions[2], next: 0,
                source: .memory(file.elements, count: file.dimensions[0]))
        }

        /// The pixels of the next picture; nil after the last.
        func pixels() throws -> [UInt8]? {
            switch source {
            case .file(let stream): return try stream.next()
            case .memory(let pixels, let count):
                guard next < count else { return nil }
                let size = height * width * channels
                return Array(pixels[next * size..<(next + 1) * size])
            }
        }
    }

    private mutating func nextOfIDX() -> PendingPicture? {
        guard let idx = open else { return nil }
        do {
            guard let pixels = try idx.pixels() else {
                open = nil
                return nil
            }
            open?.next += 1
            let path = "\(idx.path)#\(idx.next)"
            return .element(
                DecodedImage(
                    width: idx.width, height: idx.height, channels: idx.channels, pixels: pixels,
                    name: path), path: path)
        } catch {
            open = nil
            return Self.failure(idx.path, error)
        }
    }

    /// - Returns: why it can't be opened, if it can't.
    private mutating func openIDX(_ path: String) -> PendingPicture? {
        do {
            let stream = try IDXImageStream(verifying: FilePath.url(path))
            open = OpenIDX(
                path: path, height: stream.height, width: stream.width, next: 0,
                source: .file(stream))
            return nil
        } catch {
            return Self.failure(path, error)
        }
    }

    /// - Returns: why it can't be read, if it can't.
    private mutating func openCSV(_ path: String) -> PendingPicture? {
        do {
            open = OpenIDX(path, try CSVDigits.images(FilePath.url(path)))
            return nil
        } catch {
            return Self.failure(path, error)
        }
    }

    /// The row names the file already.
    private static func failure(_ path: String, _ error: any Error) -> PendingPicture {
        let (text, prefix) = ("\(error)", "\(FilePath.absolute(path)): ")
        return .failure(
            path: path,
            reason: text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text,
            isUnread: error is FileError)
    }
}
