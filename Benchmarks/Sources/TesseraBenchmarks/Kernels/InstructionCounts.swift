import Foundation

/// Instructions a call, by level and case: what a file keeps.
struct InstructionCounts: Codable {
    var architecture = InstructionCounts.here
    let valgrind: String
    let compiler: String
    var levels: [String: [String: Int]] = [:]

    init(valgrind: String, compiler: String) {
        self.valgrind = valgrind
        self.compiler = compiler
    }

    static var here: String {
        #if arch(x86_64)
            "x86-64"
        #elseif arch(arm64)
            "arm64"
        #else
            "unknown"
        #endif
    }

    // MARK: - Files

    init(file: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: file))
        self = try JSONDecoder().decode(InstructionCounts.self, from: data)
    }

    func write(to file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let data = try encoder.encode(self) + Data("\n".utf8)
        try data.write(to: URL(fileURLWithPath: file), options: .atomic)
    }

    func printTable() {
        let names = levels.values.flatMap(\.keys)
        let width = names.map(\.count).max() ?? 0
        for (level, counts) in levels.sorted(by: { $0.key < $1.key }) {
            print("\nInstructions a call, \(level), \(valgrind)")
            for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
                let number = String(count)
                print(
                    name + String(repeating: " ", count: width - name.count)
                        + String(repeating: " ", count: max(1, 12 - number.count)) + number)
            }
        }
    }

    // MARK: - Comparison

    struct Comparison {
        let text: String
        let isGood: Bool
    }

    /// - Parameter isPart: whether cases that are stored may be absent here.
    func compared(
        with stored: InstructionCounts, isPart: Bool, tolerance: Double
    ) throws -> Comparison {
        guard stored.architecture == architecture else {
            throw InstructionError.otherArchitecture(
                stored: stored.architecture, here: architecture)
        }
        var (faults, gains) = ([String](), [String]())
        var compared = 0
        for (level, counts) in levels.sorted(by: { $0.key < $1.key }) {
            let before = stored.levels[level] ?? [:]
            for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
                guard let old = before[name] else {
                    faults.append("\(level), \(name): not stored")
                    continue
                }
                compared += 1
                let change = Double(count) / Double(max(1, old)) - 1
                let text = "\(level), \(name): \(count), stored \(old) (\(percent(change)))"
                if change > tolerance { faults.append(text) }
                if change < -tolerance { gains.append(text) }
            }
            guard !isPart else { continue }
            faults += before.keys.filter { counts[$0] == nil }.sorted()
                .map { "\(level), \($0): stored, and no longer a case" }
        }
        let limit = "\(tolerance * 100) %"
        var lines = faults
        if !gains.isEmpty { lines += ["fewer by more than \(limit); record them:"] + gains }
        lines.append(
            faults.isEmpty
                ? "instructions: \(compared) counts, none grew by more than \(limit)"
                : "instructions: \(faults.count) of \(compared) counts at fault; the limit is "
                    + "\(limit). If the change is meant, record the counts again.")
        for (old, new) in [(stored.valgrind, valgrind), (stored.compiler, compiler)]
        where old != new {
            lines.append("the stored counts are by \(old), these by \(new)")
        }
        return Comparison(text: lines.joined(separator: "\n"), isGood: faults.isEmpty)
    }

    private func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return "\(tenths < 0 ? "−" : "+")\(abs(tenths) / 10).\(abs(tenths) % 10) %"
    }
}
