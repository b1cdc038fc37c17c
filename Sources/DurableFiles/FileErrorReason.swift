import Foundation
import Glibc

extension FileError {
    /// What happened, in the system's words ("Permission denied"), for an error of Foundation, whose
    /// own text is often no more than a number; for other errors their description.
    package static func reason(of error: any Error) -> String {
        switch error {
        case FileError.unreadable(_, let reason), FileError.unwritable(_, _, let reason, _),
            FileError.unremovable(_, let reason):
            return reason
        case let error as FileError: return error.description
        default: return foundationReason(of: error)
        }
    }

    /// By the domain: a cast to `CocoaError` succeeds for errors of other domains, too.
    private static func foundationReason(of error: any Error) -> String {
        let bridged = error as NSError
        let code = Int32(truncatingIfNeeded: bridged.code)
        if bridged.domain == NSPOSIXErrorDomain { return words(code) }
        if let cause = bridged.userInfo[NSUnderlyingErrorKey] as? any Error {
            return reason(of: cause)
        }
        if bridged.domain == NSCocoaErrorDomain,
            let code = systemCodes[CocoaError.Code(rawValue: bridged.code)]
        {
            return words(code)
        }
        // An error of Swift that bridges to a number says more by itself.
        return isFoundations(bridged.domain) ? text(of: bridged) : "\(error)"
    }

    private static func isFoundations(_ domain: String) -> Bool {
        domain.hasPrefix("NS") || domain.hasPrefix("kCF")
    }

    /// Foundation's text, without the number that says nothing where there is one that does.
    private static func text(of error: NSError) -> String {
        if let reason = error.localizedFailureReason, !reason.isEmpty { return reason }
        return error.localizedDescription
    }

    private static func words(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// Codes of Foundation that stand for one of the system's.
    private static let systemCodes: [CocoaError.Code: Int32] = [
        .fileNoSuchFile: ENOENT, .fileReadNoSuchFile: ENOENT,
        .fileReadNoPermission: EACCES, .fileWriteNoPermission: EACCES,
        .fileReadUnknown: EIO, .fileWriteUnknown: EIO,
        .fileWriteOutOfSpace: ENOSPC, .fileWriteVolumeReadOnly: EROFS,
        .fileWriteFileExists: EEXIST, .fileReadInvalidFileName: ENAMETOOLONG,
        .fileWriteInvalidFileName: ENAMETOOLONG, .fileReadTooLarge: EFBIG,
    ]
}
