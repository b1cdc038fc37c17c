import Synchronization

@testable import tessera

/// A console whose clock and width the test sets, and whose output it reads.
final class FakeConsole: Sendable {
    private struct State {
        var seconds = 100.0
        var width: Int
        var output = ""
    }

    private let state: Mutex<State>
    private let environment: [String: String]
    private let isTerminal: Bool

    init(isTerminal: Bool, width: Int = 100, environment: [String: String] = ["NO_COLOR": "1"]) {
        state = Mutex(State(width: width))
        self.environment = environment
        self.isTerminal = isTerminal
    }

    var console: Console {
        Console(
            environment: environment, isTerminal: isTerminal,
            width: { [self] in state.withLock { $0.width } },
            now: { [self] in state.withLock { $0.seconds } },
            write: { [self] text in state.withLock { $0.output += text } })
    }

    func advance(_ seconds: Double) { state.withLock { $0.seconds += seconds } }

    func resize(_ width: Int) { state.withLock { $0.width = width } }

    /// What was written since the last call.
    func takeOutput() -> String {
        state.withLock { state in
            defer { state.output = "" }
            return state.output
        }
    }
}

let eraseLine = "\r\u{1B}[2K"
