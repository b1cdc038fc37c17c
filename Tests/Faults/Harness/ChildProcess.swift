import Foundation
import Glibc

/// A process that was started with files for its output.
///
/// Not Foundation's `Process`: started from several threads, thousands of times, it crashed or lost the end
/// of one.
struct ChildProcess {
    private let identifier: pid_t

    /// Starts a program.
    ///
    /// - Parameter environment: all of it; nothing is inherited.
    /// - Throws: `HarnessError` with what the system says.
    init(
        _ path: String, _ arguments: [String], environment: [String: String], in folder: URL,
        output: URL, errors: URL
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let writing = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output.path, writing, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, errors.path, writing, 0o644)
        let variables = environment.map { "\($0.key)=\($0.value)" }
        var started: pid_t = 0
        // Swift doesn't see `posix_spawn_file_actions_addchdir_np`, and `env` is there.
        let env = "/usr/bin/env"
        let command = [env, "--chdir=\(folder.path)", path] + arguments
        let result = Self.withCStrings(command) { argumentList in
            Self.withCStrings(variables) { variableList in
                posix_spawn(&started, env, &actions, nil, argumentList, variableList)
            }
        }
        guard result == 0 else {
            throw HarnessError(description: "\(path): \(String(cString: strerror(result)))")
        }
        identifier = started
    }

    /// Waits for its end, and kills it after a time.
    ///
    /// - Returns: its exit status or the signal that ended it, and whether it had to be killed.
    func wait(seconds: Double) -> (status: Int32, signal: Int32?, isTimeout: Bool) {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        var status: Int32 = 0
        var isTimeout = false
        while waitpid(identifier, &status, isTimeout ? 0 : WNOHANG) != identifier {
            if clock.now > deadline {
                isTimeout = true
                kill(identifier, SIGKILL)
            }
            usleep(500)
        }
        // The macros of <sys/wait.h>.
        let signal = status & 0x7F
        return ((status >> 8) & 0xFF, signal == 0 ? nil : signal, isTimeout)
    }

    /// The strings as a C array with a null at its end, for as long as `body` runs.
    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return body(copies + [nil])
    }
}
