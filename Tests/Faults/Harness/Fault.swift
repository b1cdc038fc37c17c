/// A call of the program that reached the disk, as the preload library wrote it down.
public struct DiskCall: Equatable, Sendable {
    /// What a call does, by the letter of the log.
    public enum Class: Character, Sendable {
        case writing = "w"
        case opening = "o"
        case reading = "r"
        case looking = "s"
        case locking = "l"
    }

    /// Counted from 1, over all classes.
    public let number: Int
    public let callClass: Class
    public let name: String
    /// Below the work folder.
    public let path: String

    /// - Returns: nil for a line of another form, such as the one of a call that was made to fail twice.
    init?(line: Substring) {
        let fields = line.drop { $0 == "!" || $0 == " " }.split(separator: " ", maxSplits: 3)
        guard fields.count == 4, let number = Int(fields[0]), fields[1].count == 1,
            let callClass = Class(rawValue: fields[1].first!)
        else { return nil }
        self.number = number
        self.callClass = callClass
        name = String(fields[2])
        path = String(fields[3])
    }

    static func parse(log: String) -> [DiskCall] {
        log.split(separator: "\n").compactMap { DiskCall(line: $0) }
    }

    /// Without looks and locks that are like one before, with nothing written between: the program asks
    /// again, and nothing else can come of it. The same goes for SQLite's shared memory file, which holds
    /// nothing that outlives the processes.
    static func withoutRepetitions(_ calls: [DiskCall]) -> [DiskCall] {
        var seen: Set<String> = []
        return calls.filter { call in
            let isIndex = call.path.hasSuffix("-shm")
            if call.callClass == .writing, !isIndex { seen = [] }
            guard isIndex || call.callClass == .looking || call.callClass == .locking else {
                return true
            }
            return seen.insert("\(call.name) \(call.path)").inserted
        }
    }

    /// SQLite's own files: what it writes and locks is many times more, and has fewer ways to go wrong.
    var isOfSQLite: Bool { path.contains("runs.sqlite") }
}

/// What happens to a call; the raw value is the library's `FAULTS_KIND`.
public enum FaultKind: String, CaseIterable, Sendable {
    case inputOutput = "EIO"
    case noSpace = "ENOSPC"
    case interrupted = "EINTR"
    case noAccess = "EACCES"
    case noLocks = "ENOLCK"
    /// No space for this call nor for any later one.
    case full
    /// Half of the bytes, and the next write to the file fails.
    case short
    /// The process dies before the call, after it, after half of its bytes.
    case kill, killed, torn

    var endsTheProcess: Bool { [.kill, .killed, .torn].contains(self) }
}

extension DiskCall {
    /// What the kernel can do to this call.
    ///
    /// SQLite's calls get one error each, in turns by their number, because it has hundreds; and its
    /// `fdatasync`, which SQLite itself doesn't repeat, is never interrupted.
    public var kinds: [FaultKind] {
        let all = possibleKinds
        guard isOfSQLite, callClass == .writing || callClass == .locking else { return all }
        let errors = all.filter { !$0.endsTheProcess }
        return all.filter(\.endsTheProcess) + errors.dropFirst(number % errors.count).prefix(1)
    }

    private var possibleKinds: [FaultKind] {
        switch callClass {
        case .looking: [.inputOutput]
        case .opening: name == "open" ? [.noAccess, .interrupted] : [.noAccess]
        case .reading: [.inputOutput, .interrupted]
        case .locking: name == "flock" ? [.noLocks, .interrupted] : [.noLocks]
        case .writing: writingKinds
        }
    }

    // Dead after a call is dead before the next; so only the last call has `killed`.
    private var writingKinds: [FaultKind] {
        switch name {
        case "open": [.kill, .noSpace, .noAccess, .interrupted, .full]
        case "fopen", "creat": [.kill, .noSpace, .noAccess]
        case "write", "pwrite", "pwrite64", "writev", "pwritev", "sendfile", "copy_file_range":
            [.kill, .torn, .noSpace, .inputOutput, .interrupted, .short, .full]
        case "fsync": [.kill, .inputOutput, .noSpace, .interrupted]
        case "fdatasync": [.kill, .inputOutput]
        case "ftruncate", "ftruncate64", "truncate": [.kill, .inputOutput, .interrupted]
        case "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat":
            [.kill, .inputOutput, .noSpace]
        case "mkdir", "mkdirat": [.kill, .noSpace, .noAccess]
        default: [.kill, .inputOutput, .noAccess]
        }
    }
}

/// One call of one scenario, and what happens to it.
public struct FaultCase: Equatable, Sendable {
    public let scenario: String
    public let call: DiskCall
    public let kind: FaultKind

    /// What `--replay` takes.
    public var id: String { "\(scenario):\(call.number):\(kind.rawValue)" }

    /// Every case of a scenario whose undisturbed run made these calls.
    public static func all(of scenario: String, calls: [DiskCall]) -> [FaultCase] {
        var cases = DiskCall.withoutRepetitions(calls).flatMap { call in
            call.kinds.map { FaultCase(scenario: scenario, call: call, kind: $0) }
        }
        if let last = calls.last(where: { $0.callClass == .writing }) {
            cases.append(FaultCase(scenario: scenario, call: last, kind: .killed))
        }
        return cases
    }

    /// Every case that is short enough to wait for in CI: `count` of them, the same for one seed.
    public static func sample(_ cases: [FaultCase], count: Int, seed: UInt64) -> [FaultCase] {
        guard count < cases.count else { return cases }
        var random = SplitMix64(state: seed)
        // Looks and SQLite's calls would be most of it.
        let weighted = cases.map { one -> (FaultCase, Double) in
            let isCommon = one.call.callClass == .looking || one.call.isOfSQLite
            let draw = Double(random.next() >> 11) * 0x1p-53
            return (one, isCommon ? draw / 4 : draw)
        }
        let kept = weighted.enumerated().sorted { $0.element.1 > $1.element.1 }.prefix(count)
        return kept.map(\.offset).sorted().map { cases[$0] }
    }
}

/// Source: Steele, Lea, Flood (2014), "Fast Splittable Pseudorandom Number Generators".
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
