import Foundation
import Synchronization

/// Turns the first Ctrl-C (SIGINT) or SIGTERM into a flag that work asks between its steps. The
/// second one ends the program as if this weren't here, for when the first isn't answered.
enum InterruptHandler {
    /// Starts listening; a program does so once, before the work that can be interrupted.
    static func install() {
        // The flag exists before a handler can touch it: a signal handler must not initialise it.
        signalFlag.store(0, ordering: .relaxed)
        for number in signals { signal(number, receive) }
        unblock()
    }

    /// Stops listening and forgets: signals end the program again.
    static func uninstall() {
        for number in signals { signal(number, SIG_DFL) }
        signalFlag.store(0, ordering: .relaxed)
    }

    /// Whether a signal came since `install()`. Safe and cheap on any thread.
    static var isInterrupted: Bool { signalFlag.load(ordering: .relaxed) != 0 }

    /// A program inherits its parent's signal mask, and some parents (Dispatch's threads among them)
    /// start programs with these signals blocked.
    private static func unblock() {
        var mask = sigset_t()
        sigemptyset(&mask)
        for number in signals { sigaddset(&mask, number) }
        pthread_sigmask(SIG_UNBLOCK, &mask, nil)
    }

    fileprivate static let signals = [SIGINT, SIGTERM]
}

/// The number of the signal that came, or 0.
private let signalFlag = Atomic<Int32>(0)

/// Only what signal-safety(7) allows: an atomic store and signal(2).
private let receive: @convention(c) (Int32) -> Void = { number in
    signalFlag.store(number, ordering: .relaxed)
    signal(SIGINT, SIG_DFL)
    signal(SIGTERM, SIG_DFL)
}
