import DigitPipeline
import DurableFiles
import Foundation
import Testing
import Training

@testable import tessera

/// Swift Testing has a type of that name too.
typealias ExitStatus = tessera.ExitStatus

@Suite struct ExitStatusTests {
    private struct Refused: ExitStatusError { let exitStatus = ExitStatus.gateRefused }
    private struct Unknown: Error {}

    /// The numbers are a promise to scripts.
    @Test func numbersAreThoseDocumented() {
        let statuses: [ExitStatus] = [
            .success, .failure, .badInput, .gateRefused, .someNotScored, .usage, .interrupted,
            .readerGone,
        ]
        #expect(statuses.map(\.rawValue) == [0, 1, 2, 3, 4, 64, 130, 141])
    }

    @Test func errorsHaveTheirStatus() {
        #expect(
            ExitStatus(of: RunConfigError.unreadable(path: "a", reason: "b")) == .usage)
        #expect(
            ExitStatus(of: ConfigError.impossibleValue(key: "a", value: "b", allowed: "c"))
                == .usage)
        #expect(ExitStatus(of: FileError.unreadable(path: "a", reason: "b")) == .badInput)
        #expect(ExitStatus(of: OutputError(name: "standard output", code: ENOSPC)) == .badInput)
        #expect(ExitStatus(of: OutputError(name: "standard output", code: EPIPE)) == .readerGone)
        #expect(ExitStatus(of: Refused()) == .gateRefused)
        #expect(ExitStatus(of: Unknown()) == .failure)
    }
}
