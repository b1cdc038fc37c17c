import CLibCrypto
import Foundation
import Glibc

/// SHA-256 of bytes that arrive in pieces, computed by OpenSSL's libcrypto.
///
/// Source: FIPS 180-4.
public final class SHA256 {
    private let context: OpaquePointer

    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
        else { fatalError("libcrypto offers no SHA-256; check the OpenSSL installation") }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds `bytes` to what is hashed.
    public func update(_ bytes: some ContiguousBytes) {
        bytes.withUnsafeBytes { buffer in
            precondition(EVP_DigestUpdate(context, buffer.baseAddress, buffer.count) == 1)
        }
    }

    /// The digest as 64 lower-case hexadecimal digits; call it once, last.
    public func finalize() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        precondition(EVP_DigestFinal_ex(context, &digest, nil) == 1)
        return digest.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    /// The digest of `bytes` as 64 lower-case hexadecimal digits.
    public static func hexDigest(of bytes: some ContiguousBytes) -> String {
        let hasher = SHA256()
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// The digest of a file's content.
    ///
    /// - Throws: `FileError.unreadable`.
    public static func hexDigest(ofFile url: URL) throws -> String {
        let hasher = SHA256()
        // Not by FileHandle, which takes 4 KiB at a time, whatever it is asked for.
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(url) }
        defer { close(descriptor) }
        try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 64) { buffer in
            while true {
                let count = Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { throw unreadable(url) }
                guard count > 0 else { return }
                hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
        return hasher.finalize()
    }

    private static func unreadable(_ url: URL) -> FileError {
        .unreadable(path: url.path, reason: String(cString: strerror(errno)))
    }
}
