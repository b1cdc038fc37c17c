import DurableFiles
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Datasets

/// Real transfers from a real server on this machine, with each fault that a server may have.
@Suite(.timeLimit(.minutes(5)))
struct DownloaderTests {
    /// More than one network buffer, so that a transfer comes in pieces.
    static let content: [UInt8] = {
        var random = SeededGenerator(seed: 7)
        return (0..<300_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }()

    /// Patient, so that a busy machine doesn't look like a slow server.
    static let policy = DownloadPolicy(
        connectSeconds: 20, stallSeconds: 20, attempts: 3, retryDelaySeconds: 0.01)
    static let hasty = DownloadPolicy(
        connectSeconds: 1.5, stallSeconds: 1.5, attempts: 3, retryDelaySeconds: 0.01)

    /// Downloads `file` into an empty folder, or one with a partial file.
    struct Result {
        let error: DownloadError?
        let folder: [String]
        let file: [UInt8]?
        let requests: [SmallHTTPServer.Request]
    }

    static func download(
        _ behaviours: [SmallHTTPServer.Behaviour], part: [UInt8]? = nil, path: String = "file",
        limit: Int = 1 << 20, policy: DownloadPolicy = policy,
        progress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
    ) throws -> Result {
        let server = try SmallHTTPServer(files: ["file": content], behaviours: behaviours)
        defer { server.stop() }
        return try withTemporaryFolder { folder in
            let target = folder.appendingPathComponent("file")
            if let part { try Data(part).write(to: folder.appendingPathComponent("file.part")) }
            var failure: DownloadError?
            do {
                try Downloader(policy: policy).download(
                    from: server.url.appendingPathComponent(path), to: target, limit: limit,
                    progress: progress,
                    verify: { file in
                        guard try Data(contentsOf: file) == Data(content) else {
                            throw DatasetError.missing(path: file.path, expected: "other bytes")
                        }
                    })
            } catch let error as DownloadError { failure = error }
            let bytes = FileManager.default.contents(atPath: target.path).map { [UInt8]($0) }
            return Result(
                error: failure, folder: try folderContents(folder), file: bytes,
                requests: server.requests)
        }
    }

    static func expectWhole(
        _ result: Result, ranges: [Int?], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(result.error == nil, sourceLocation: sourceLocation)
        #expect(result.folder == ["file"], sourceLocation: sourceLocation)
        #expect(result.file == content, sourceLocation: sourceLocation)
        #expect(result.requests.map(\.rangeStart) == ranges, sourceLocation: sourceLocation)
    }

    // MARK: - What works

    @Test func downloadsAndReportsProgress() throws {
        let seen = Mutex<[DownloadProgress]>([])
        let result = try Self.download([.normal]) { value in seen.withLock { $0.append(value) } }
        Self.expectWhole(result, ranges: [nil])
        let progress = seen.withLock { $0 }
        #expect(progress.last?.received == Self.content.count)
        #expect(progress.allSatisfy { $0.total == Self.content.count && $0.file == "file" })
        #expect(progress.map(\.received) == progress.map(\.received).sorted())
    }

    @Test func resumesAPartialFile() throws {
        let result = try Self.download([.normal], part: Array(Self.content.prefix(1000)))
        Self.expectWhole(result, ranges: [1000])
    }

    @Test func resumesAfterACutConnection() throws {
        let result = try Self.download([.truncated(50_000), .normal])
        Self.expectWhole(result, ranges: [nil, 50_000])
    }

    @Test func resumesAfterAStall() throws {
        let result = try Self.download([.stalled(60_000), .normal], policy: Self.hasty)
        Self.expectWhole(result, ranges: [nil, 60_000])
    }

    @Test func takesAPartThatIsAlreadyWhole() throws {
        let result = try Self.download([.normal], part: Self.content)
        Self.expectWhole(result, ranges: [Self.content.count])
    }

    @Test func startsAgainWhenTheServerIgnoresTheRange() throws {
        let result = try Self.download([.ignoresRange], part: Array(Self.content.prefix(1000)))
        Self.expectWhole(result, ranges: [1000])
    }

    @Test func startsAgainWhenTheServerResumesElsewhere() throws {
        let part = Array(Self.content.prefix(1000))
        let result = try Self.download([.wrongRange, .normal], part: part)
        Self.expectWhole(result, ranges: [1000, nil])
    }

    @Test func startsAgainWhenThePartIsOfAnotherFile() throws {
        let result = try Self.download([.normal], part: [UInt8](repeating: 1, count: 1000))
        Self.expectWhole(result, ranges: [1000, nil])
    }

    @Test func startsAgainWhenThePartIsTooLong() throws {
        let result = try Self.download([.normal], part: Self.content + [0])
        Self.expectWhole(result, ranges: [Self.content.count + 1, nil])
    }

    @Test func takesAFileWithoutLengthAndFollowsRedirects() throws {
        Self.expectWhole(try Self.download([.noLength]), ranges: [nil])
        let redirected = try Self.download([.redirect("/file"), .normal])
        Self.expectWhole(redirected, ranges: [nil, nil])
    }

    @Test func triesAgainAfterAServerError() throws {
        let result = try Self.download([.status(503), .normal])
        Self.expectWhole(result, ranges: [nil, nil])
    }

    // MARK: - What fails, and what it leaves

    @Test func corruptContentIsRemoved() throws {
        let result = try Self.download([.corrupt])
        guard case .corrupt = result.error else {
            Issue.record("\(String(describing: result.error))")
            return
        }
        #expect(result.error?.description.contains("was refused and removed: ") == true)
        #expect(result.folder == [])
        #expect(result.requests.count == 1)
    }

    @Test func missingFileLeavesNothing() throws {
        let result = try Self.download([.normal], path: "other")
        #expect(
            result.error?.description.hasSuffix("/other: HTTP status 404, expected 200") == true)
        #expect(result.folder == [])
        #expect(result.requests.count == 1)
    }

    @Test func stallsEndWithTheirPartKept() throws {
        let result = try Self.download([.stalled(1000), .stalled(0)], policy: Self.hasty)
        #expect(
            result.error?.description.hasSuffix(
                "nothing came for 1.5 s after 1000 of 300000 bytes") == true)
        #expect(result.folder == ["file.part"])
        #expect(result.requests.map(\.rangeStart) == [nil, 1000, 1000])
    }

    @Test func cutConnectionsEndWithTheirPartKept() throws {
        let result = try Self.download([.truncated(10)])
        #expect(result.error?.description.contains("ended after 30 of 300000 bytes") == true)
        #expect(result.folder == ["file.part"])
        #expect(result.requests.map(\.rangeStart) == [nil, 10, 20])
    }

    @Test func silenceIsNotWaitedForLonger() throws {
        let start = Date()
        let result = try Self.download([.silent], policy: Self.hasty)
        #expect(result.error?.description.hasSuffix("no answer within 1.5 s") == true)
        #expect(result.folder == [])
        #expect(result.requests.count == 1)
        #expect(Date().timeIntervalSince(start) < 15)
    }

    @Test func aServerThatDripsIsGivenUpAndItsPartKept() throws {
        var policy = Self.policy
        (policy.minimumBytesPerSecond, policy.rateSeconds, policy.attempts) = (4096, 0.5, 2)
        let result = try Self.download([.dripping(10, everySeconds: 0.05)], policy: policy)
        guard case .tooSlow(_, let bytes, 0.5, 4096) = result.error else {
            Issue.record("\(String(describing: result.error))")
            return
        }
        #expect(bytes < 2048)
        #expect(result.folder == ["file.part"])
        #expect(result.requests.count == 2)
        #expect(result.requests.last?.rangeStart ?? 0 > 0)
    }

    @Test func theTimeForAFileIsBoundedForAllAttemptsTogether() throws {
        var policy = Self.policy
        (policy.minimumBytesPerSecond, policy.totalSeconds) = (0, 1)
        let result = try Self.download([.dripping(10, everySeconds: 0.05)], policy: policy)
        guard case .overtime(_, 1, let received, 300_000) = result.error else {
            Issue.record("\(String(describing: result.error))")
            return
        }
        #expect(received > 0)
        #expect(result.folder == ["file.part"])
        #expect(result.requests.count == 1)
    }

    @Test func aServerThatIsSlowButNotTooSlowIsWaitedFor() throws {
        var policy = Self.policy
        (policy.minimumBytesPerSecond, policy.rateSeconds) = (4096, 0.2)
        let result = try Self.download([.dripping(20_000, everySeconds: 0.05)], policy: policy)
        Self.expectWhole(result, ranges: [nil])
    }

    @Test func redirectionsInACircleEnd() throws {
        let result = try Self.download([.redirect("/file")])
        #expect(result.error?.description.contains("more than 10 redirections") == true)
        #expect(result.folder == [])
    }

    @Test func aPipeInPlaceOfThePartIsRefused() throws {
        try withTemporaryFolder { folder in
            let part = folder.appendingPathComponent("file.part")
            try #require(mkfifo(part.path, 0o600) == 0)
            let error = #expect(throws: FileError.self) {
                try Downloader().download(
                    from: URL(string: "http://127.0.0.1:1/")!,
                    to: folder.appendingPathComponent("file"), limit: 10, verify: { _ in })
            }
            #expect(error?.description.contains("not a regular file") == true)
        }
    }

    @Test func refusesMoreThanTheLimit() throws {
        for behaviour in [SmallHTTPServer.Behaviour.normal, .noLength] {
            let result = try Self.download([behaviour], limit: 1000)
            #expect(
                result.error?.description.hasSuffix("more than 1000 bytes, the limit for this file")
                    == true)
            #expect(result.folder == [])
        }
    }

    @Test func refusedConnectionsAndUnknownHostsFailAtOnce() throws {
        let server = try SmallHTTPServer(files: [:])
        let closed = server.url.appendingPathComponent("file")
        server.stop()
        for url in [closed, URL(string: "https://no-such-host.invalid/file")!] {
            try withTemporaryFolder { folder in
                let start = Date()
                let error = #expect(throws: DownloadError.self) {
                    try Downloader().download(
                        from: url, to: folder.appendingPathComponent("file"), limit: 10,
                        verify: { _ in })
                }
                #expect(error?.description.contains("no connection (") == true, "\(error!)")
                try #expect(folderContents(folder) == [])
                #expect(Date().timeIntervalSince(start) < 10)
            }
        }
    }

    @Test func aFolderThatCannotBeMadeIsAFileError() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("plain")
            try Data("x".utf8).write(to: file)
            #expect(throws: FileError.self) {
                try Downloader().download(
                    from: URL(string: "http://127.0.0.1:1/")!,
                    to: file.appendingPathComponent("sub/file"), limit: 10, verify: { _ in })
            }
            try #expect(folderContents(folder) == ["plain"])
        }
    }
}
