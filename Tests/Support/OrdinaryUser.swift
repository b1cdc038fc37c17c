import Foundation
import Glibc

/// Runs `body` with the file permissions of a user who isn't root; only on this thread.
///
/// - Parameter folder: given to that user.
public func asOrdinaryUser<Result>(
    owning folder: URL, _ body: () throws -> Result
) rethrows -> Result {
    guard geteuid() == 0 else { return try body() }
    let nobody: uid_t = 65534
    chown(folder.path, nobody, nobody)
    setFileSystemUser(nobody)
    defer { setFileSystemUser(0) }
    return try body()
}

/// `setfsuid`, which Swift's module of the C library leaves out.
private func setFileSystemUser(_ user: uid_t) {
    let call = unsafeBitCast(
        dlsym(nil, "setfsuid"), to: (@convention(c) (uid_t) -> CInt).self)
    _ = call(user)
}
