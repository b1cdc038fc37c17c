import DurableFiles
import Foundation

/// Brings a cache folder up to the four verified files of a published set, from one mirror.
struct MirrorFetch {
    let dataset: PublishedDataset
    let mirror: URL
    let folder: URL
    let policy: DownloadPolicy
    let limits: DatasetLimits
    let onEvent: @Sendable (DatasetEvent) -> Void

    /// Largest compressed file that is taken; the sets' largest has 26 MB.
    private static let downloadLimit = 1 << 27

    func run() throws {
        for (name, digest) in zip(PublishedDataset.fileNames.all, dataset.digests.all)
        where !isVerified(name, digest) {
            try fetch(name, digest)
        }
    }

    /// What an earlier run brought, or another process while this one waited for the lock.
    private func isVerified(_ name: String, _ digest: String) -> Bool {
        // Unreadable or damaged alike: it is fetched again, and errors there are reported.
        guard let file = try? IDXFolder(url: folder).find(name) else { return false }
        return (try? FileContent.digest(of: file, limit: limits.contentBytes)) == digest
    }

    private func fetch(_ name: String, _ digest: String) throws {
        let packed = name + ".gz"
        try Downloader(policy: policy).download(
            from: mirror.appendingPathComponent(packed),
            to: folder.appendingPathComponent(packed), limit: Self.downloadLimit,
            progress: { [onEvent] in onEvent(.download($0)) },
            verify: { try verify($0, digest) })
        try removeOtherForms(of: name, except: packed)
    }

    private func verify(_ part: URL, _ digest: String) throws {
        let got = try FileContent.digest(of: part, limit: limits.contentBytes)
        guard got == digest else {
            throw DatasetError.wrongDigest(
                file: part.path, got: got, expected: digest,
                hint: "The mirror has another file under this name")
        }
    }

    /// A damaged file under another form of the name would be found before the new one.
    private func removeOtherForms(of name: String, except kept: String) throws {
        while let other = try IDXFolder(url: folder).find(name), other.lastPathComponent != kept {
            try Folder.remove(other)
        }
    }
}
