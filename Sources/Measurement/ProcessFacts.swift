import Foundation

/// What the system knows of this process.
public enum ProcessFacts {
    /// Seconds since the system started this process, from before the program's own first
    /// instruction: field 22 of /proc/self/stat against the clock that it is taken from. To about
    /// 10 ms, the system's tick.
    ///
    /// - Throws: `ProcessFactMissing` where the system doesn't tell.
    public static func secondsSinceStart() throws -> Double {
        let path = "/proc/self/stat"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let ticks = startTicks(inStat: text)
        else { throw ProcessFactMissing(fact: "when this process was started", source: path) }
        var now = timespec()
        guard clock_gettime(CLOCK_BOOTTIME, &now) == 0 else {
            throw ProcessFactMissing(fact: "the time since the start", source: "CLOCK_BOOTTIME")
        }
        let started = ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
        return max(0, Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9 - started)
    }

    /// The most memory that this process had resident at once, in bytes: VmHWM of /proc/self/status,
    /// which, unlike `getrusage`, starts anew when a program is started.
    ///
    /// - Throws: `ProcessFactMissing` where the system doesn't tell.
    public static func peakMemoryBytes() throws -> Int {
        let path = "/proc/self/status"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let bytes = peakBytes(inStatus: text)
        else { throw ProcessFactMissing(fact: "the peak of resident memory", source: path) }
        return bytes
    }

    /// Field 22, counted behind the program's name, which may hold spaces and parentheses.
    static func startTicks(inStat text: String) -> Double? {
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        // The first of these is field 3.
        return fields.count > 19 ? Double(fields[19]) : nil
    }

    static func peakBytes(inStatus text: String) -> Int? {
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let words = line?.split(whereSeparator: \.isWhitespace) ?? []
        guard words.count == 3, words[2] == "kB", let kilobytes = Int(words[1]) else { return nil }
        return kilobytes * 1024
    }
}

/// The system doesn't tell something of this process.
public struct ProcessFactMissing: Error, CustomStringConvertible {
    let fact: String
    let source: String

    public var description: String { "\(source) doesn't tell \(fact); it is there on Linux" }
}
