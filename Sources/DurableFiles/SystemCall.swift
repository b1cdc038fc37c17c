import Glibc

/// Calls of the system, made again when a signal interrupted them.
package enum SystemCall {
    /// Makes a call until it isn't interrupted. Not for `close`, which on Linux has let go of the
    /// descriptor even when it says that it was interrupted.
    ///
    /// - Returns: what the call gave; -1, with `errno`, for any other failure.
    @discardableResult
    package static func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
        while true {
            let result = call()
            if result != -1 || errno != EINTR { return result }
        }
    }

    /// Calls whose failure is a null pointer.
    package static func retrying<Result>(_ call: () -> Result?) -> Result? {
        while true {
            let result = call()
            if result != nil || errno != EINTR { return result }
        }
    }

    /// What the last call of this thread failed of, in words.
    package static var reason: String { String(cString: strerror(errno)) }
}
