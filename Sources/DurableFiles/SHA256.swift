import CLibCrypto
import Foundation
import Glibc

/// SHA-256 of bytes that arrive in pieces, computed by OpenSSL's libcrypto.
///
/// Source: FIPS 180-4.
package final class SHA256 {
    private let context: OpaquePointer

    package init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
        else { fatalError("libcrypto offers no SHA-256; check the OpenSSL installation") }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds `bytes` to what is hashed.
    package func update(_ bytes: some ContiguousBytes) {
        bytes.withUnsafeBytes { buffer in
            precondition(EVP_DigestUpdate(context, buffer.baseAddress, buffer.count) == 1)
        }
    }

    /// The digest as 64 lower-case hexadecimal digits; call it once, last.
    package func finalize() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        precondition(EVP_DigestFinal_ex(context, &digest, nil) == 1)
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 64) { text in
            for (index, byte) in digest.enumerated() {
                text[2 * index] = digits[Int(byte >> 4)]
                text[2 * index + 1] = digits[Int(byte & 15)]
            }
            return 64
        }
    }

    /// The digest of `bytes` as 64 lower-case hexadecimal digits.
    package static func hexDigest(of bytes: some ContiguousBytes) -> String {
        let hasher = SHA256()
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// The digest of a regular file's content.
    ///
    /// - Throws: `FileError.unreadable`.
    package static func hexDigest(ofFile url: URL) throws -> String {
        let hasher = SHA256()
        try RegularFile.pieces(of: url) { hasher.update($0) }
        return hasher.finalize()
    }

    /// The digest of a regular file's content, and what the file was when all of it had been read.
    package static func digest(
        ofFile path: String
    ) -> Result<(digest: String, facts: FileFacts), FileError> {
        do {
            let descriptor = try RegularFile.open(path)
            defer { close(descriptor) }
            let hasher = SHA256()
            try RegularFile.pieces(of: descriptor, path) { hasher.update($0) }
            guard let facts = FileFacts(descriptor: descriptor) else {
                throw FileError.unreadable(path: path, reason: SystemCall.reason)
            }
            return .success((hasher.finalize(), facts))
        } catch {
            return .failure(
                error as? FileError
                    ?? .unreadable(path: path, reason: FileError.reason(of: error)))
        }
    }
}
