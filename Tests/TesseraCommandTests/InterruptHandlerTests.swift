import Foundation
import Testing

@testable import tessera

/// Serialized: signals belong to the whole process.
@Suite(.serialized) struct InterruptHandlerTests {
    @Test(arguments: [SIGINT, SIGTERM]) func firstSignalSetsTheFlagAndTheSecondWouldKill(
        _ number: Int32
    ) {
        InterruptHandler.install()
        defer { InterruptHandler.uninstall() }
        #expect(!InterruptHandler.isInterrupted)
        #expect(!isDefault(SIGINT) && !isDefault(SIGTERM))
        send(number)
        #expect(InterruptHandler.isInterrupted)
        #expect(isDefault(SIGINT) && isDefault(SIGTERM))
    }

    @Test func uninstallForgets() {
        InterruptHandler.install()
        send(SIGINT)
        InterruptHandler.uninstall()
        #expect(!InterruptHandler.isInterrupted)
        #expect(isDefault(SIGINT) && isDefault(SIGTERM))
    }

    /// Sends a signal as a terminal does, to the process: `raise` would leave it pending, since the
    /// threads that run tests block signals. Waits until it has been handled.
    private func send(_ number: Int32) {
        kill(getpid(), number)
        for _ in 0..<2000 where !InterruptHandler.isInterrupted { usleep(1000) }
    }

    private func isDefault(_ number: Int32) -> Bool {
        var action = sigaction()
        return sigaction(number, nil, &action) == 0 && action.__sigaction_handler.sa_handler == nil
    }
}
