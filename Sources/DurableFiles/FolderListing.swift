import Foundation
import Glibc

/// The type of an entry whose file system doesn't tell it.
let DT_UNKNOWN_TYPE = Int(DT_UNKNOWN)

/// A folder's entries in the order of their paths' bytes, with what is at each, taken one by one.
///
/// The order is that of the paths of all files below: a folder's name counts with a slash behind it.
final class FolderListing {
    struct Item {
        let name: String
        let isHidden: Bool
        let isUTF8: Bool
        let seen: Seen
    }

    enum Seen {
        case facts(FileFacts)
        case unseen(Unseen)
    }

    /// An entry of which the system doesn't say what it is.
    struct Unseen {
        /// The system's error.
        let code: Int32
        /// What the folder says of it, `DT_…`.
        let type: Int

        var mayBeFolder: Bool {
            [Int(DT_DIR), Int(DT_LNK), DT_UNKNOWN_TYPE].contains(type)
        }
    }

    /// Where a name lies in `bytes`, and what it is the name of.
    private struct Place {
        let start: Int
        /// With the slash of a folder.
        let keyCount: Int
        let nameCount: Int
        let seen: Seen
    }

    /// All names, one after the other: sorting that many strings costs more than reading the folder.
    private var bytes: [UInt8] = []
    private var places: [Place] = []
    private var order: [Int32] = []
    private var taken = 0

    /// - Parameter followsLinks: what a link leads to, in place of the link.
    /// - Throws: `FileError.unreadable`.
    init(_ path: String, followsLinks: Bool) throws {
        guard let stream = SystemCall.retrying({ opendir(path) }) else {
            throw FileError.unreadable(path: path, reason: SystemCall.reason)
        }
        defer { closedir(stream) }
        let folder = dirfd(stream)
        let code = Folder.forEachEntry(of: stream) { name, type in
            add(name, Self.look(folder, name, type, followsLinks))
        }
        guard code == 0 else {
            throw FileError.unreadable(path: path, reason: String(cString: strerror(code)))
        }
        sort()
    }

    func next() -> Item? {
        guard taken < order.count else { return nil }
        defer { taken += 1 }
        let place = places[Int(order[taken])]
        let name = bytes[place.start..<place.start + place.nameCount]
        let valid = String(validating: name, as: UTF8.self)
        return Item(
            name: valid ?? String(decoding: name, as: UTF8.self),
            isHidden: name.first == UInt8(ascii: "."), isUTF8: valid != nil, seen: place.seen)
    }

    // MARK: - Reading

    private static func look(
        _ folder: Int32, _ name: UnsafePointer<CChar>, _ type: Int, _ followsLinks: Bool
    ) -> Seen {
        var facts = stat()
        let flags = followsLinks ? 0 : AT_SYMLINK_NOFOLLOW
        guard SystemCall.retrying({ fstatat(folder, name, &facts, flags) }) == 0 else {
            return .unseen(Unseen(code: errno, type: type))
        }
        return .facts(FileFacts(facts))
    }

    private func add(_ name: UnsafePointer<CChar>, _ seen: Seen) {
        let (start, count) = (bytes.count, strlen(name))
        name.withMemoryRebound(to: UInt8.self, capacity: count) {
            bytes.append(contentsOf: UnsafeBufferPointer(start: $0, count: count))
        }
        if case .facts(let facts) = seen, facts.kind == .folder { bytes.append(UInt8(ascii: "/")) }
        places.append(
            Place(
                start: start, keyCount: bytes.count - start, nameCount: count, seen: seen))
    }

    private func sort() {
        order = (0..<Int32(places.count)).map { $0 }
        bytes.withUnsafeBufferPointer { bytes in
            order.sort { left, right in
                let (a, b) = (places[Int(left)], places[Int(right)])
                guard let base = bytes.baseAddress else { return false }
                let result = memcmp(
                    base + a.start, base + b.start, min(a.keyCount, b.keyCount))
                return result == 0 ? a.keyCount < b.keyCount : result < 0
            }
        }
    }
}
