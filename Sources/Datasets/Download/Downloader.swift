import DurableFiles
import Foundation

/// How patient a download is.
public struct DownloadPolicy: Sendable, Equatable {
    /// For the first answer of a server, connection included.
    public var connectSeconds: Double
    /// Between two pieces of the body.
    public var stallSeconds: Double
    /// A server that sends less than this, over each `rateSeconds`, is given up: it would take for
    /// ever without ever being silent.
    public var minimumBytesPerSecond: Int
    public var rateSeconds: Double
    /// For one file, all attempts together.
    public var totalSeconds: Double
    /// How often a transfer that broke off is taken up again, the first time included.
    public var attempts: Int
    /// Before the second attempt; twice that before the third, and so on.
    public var retryDelaySeconds: Double

    public init(
        connectSeconds: Double = 6, stallSeconds: Double = 20, minimumBytesPerSecond: Int = 4096,
        rateSeconds: Double = 60, totalSeconds: Double = 3600, attempts: Int = 3,
        retryDelaySeconds: Double = 0.5
    ) {
        self.connectSeconds = connectSeconds
        self.stallSeconds = stallSeconds
        self.minimumBytesPerSecond = minimumBytesPerSecond
        self.rateSeconds = rateSeconds
        self.totalSeconds = totalSeconds
        self.attempts = attempts
        self.retryDelaySeconds = retryDelaySeconds
    }
}

/// How far one file has come.
public struct DownloadProgress: Sendable, Equatable {
    public let file: String
    public let url: URL
    /// Bytes on disk, those of an earlier try included.
    public let received: Int
    /// Bytes of the whole file, when the server says.
    public let total: Int?

    public init(file: String, url: URL, received: Int, total: Int?) {
        self.file = file
        self.url = url
        self.received = received
        self.total = total
    }
}

/// Downloads one file so that its place holds the whole, verified file or nothing.
///
/// The bytes go to `NAME.part` beside the destination. A transfer that broke off is resumed there,
/// by this call or a later one; a part that proves corrupt is removed.
public struct Downloader: Sendable {
    public var policy: DownloadPolicy

    public init(policy: DownloadPolicy = DownloadPolicy()) { self.policy = policy }

    /// - Parameter limit: most bytes that are taken.
    /// - Parameter verify: throws when the downloaded file isn't what it should be.
    /// - Throws: `DownloadError`; `FileError` when the folder can't be written. The destination is
    ///   then as it was.
    public func download(
        from url: URL, to destination: URL, limit: Int,
        progress: @escaping (DownloadProgress) -> Void = { _ in },
        verify: (URL) throws -> Void
    ) throws {
        try AtomicFile.makeFolder(destination.deletingLastPathComponent())
        let part = destination.appendingPathExtension("part")
        let deadline = ContinuousClock.now + .seconds(policy.totalSeconds)
        var attempt = 1
        while true {
            let resumed = try Self.size(of: part) > 0
            do {
                try transfer(
                    from: url, to: part, limit: limit, deadline: deadline, progress: progress)
                try Self.verified(part, from: url, verify)
                break
            } catch let error as DownloadError {
                try Self.removeIfEmpty(part)
                // What an earlier try left may be of other bytes: a resumed file that is corrupt
                // is fetched once more from its start.
                guard error.isTransient || (error.isCorruption && resumed),
                    attempt < policy.attempts
                else { throw error }
                Thread.sleep(forTimeInterval: policy.retryDelaySeconds * Double(attempt))
                attempt += 1
            }
        }
        try AtomicFile.move(part, to: destination)
    }

    private func transfer(
        from url: URL, to part: URL, limit: Int, deadline: ContinuousClock.Instant,
        progress: @escaping (DownloadProgress) -> Void
    ) throws {
        let name = part.deletingPathExtension().lastPathComponent
        let transfer = try Transfer(url: url, part: part, limit: limit) { received, total in
            progress(DownloadProgress(file: name, url: url, received: received, total: total))
        }
        try transfer.run(policy: policy, deadline: deadline)
    }

    private static func verified(_ part: URL, from url: URL, _ verify: (URL) throws -> Void) throws
    {
        do { try verify(part) } catch {
            try Folder.remove(part)
            throw DownloadError.corrupt(url: url, reason: "\(error)")
        }
    }

    private static func removeIfEmpty(_ part: URL) throws {
        if try size(of: part) == 0 { try Folder.remove(part) }
    }

    private static func size(of file: URL) throws -> Int {
        try FileFacts.find(file)?.byteCount ?? 0
    }
}

extension DownloadError {
    fileprivate var isCorruption: Bool {
        if case .corrupt = self { true } else { false }
    }
}
