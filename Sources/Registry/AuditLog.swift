import DurableFiles
import Foundation

/// A sign that the record was changed after it was written.
package struct AuditProblem: Sendable, Equatable, CustomStringConvertible {
    /// Counted from 1; nil when the problem lies in another file.
    package var line: Int?
    package var what: String

    package var description: String { line.map { "line \($0): \(what)" } ?? what }
}

/// The append-only record of decisions: JSON lines, each with the SHA-256 of the line before it, so
/// that a line can't be changed, removed or put in without the next one telling.
struct AuditLog {
    static let key = "audit.jsonl"
    /// What the first line has in place of a line before it.
    static let noLine = String(repeating: "0", count: 64)

    private(set) var decisions: [Decision] = []
    private(set) var problems: [AuditProblem] = []
    /// SHA-256 of each line, without its line feed.
    private(set) var lineDigests: [String] = []
    /// Bytes of the complete lines.
    private(set) var byteCount = 0
    /// What follows the last line feed: a record that was being written when power or process died.
    /// Whoever wrote it was never told that it was done.
    private(set) var partialLine = Data()

    init(parsing data: Data = Data()) {
        var rest = data[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            read(Data(rest[rest.startIndex..<end]))
            rest = rest[(end + 1)...]
        }
        partialLine = Data(rest)
        byteCount = data.count - partialLine.count
    }

    private mutating func read(_ line: Data) {
        let number = lineDigests.count + 1
        let previous = lineDigests.last ?? Self.noLine
        lineDigests.append(SHA256.hexDigest(of: line))
        do {
            let decision = try RegistryJSON.decode(Decision.self, line, key: Self.key)
            decisions.append(decision)
            if decision.previousLine != previous {
                report(
                    number,
                    "says that the SHA-256 of the line before it is "
                        + "\(decision.previousLine), it is \(previous)")
            }
            if decision.number != number {
                report(number, "has the number \(decision.number)")
            }
        } catch {
            report(number, "\(error)")
        }
    }

    private mutating func report(_ line: Int, _ what: String) {
        problems.append(AuditProblem(line: line, what: what))
    }

    var deployed: Decision? { deployed(afterLine: lineDigests.count) }

    /// What is deployed and what was deployed before it, the first first: a rollback takes the
    /// last one off, each other deployment of another model puts one on.
    var deployments: [Decision] {
        decisions.filter { $0.outcome == .deployed }.reduce(into: []) { stack, decision in
            if decision.strategy == DeploymentStrategy.rollbackName, !stack.isEmpty {
                stack.removeLast()
                if stack.last?.modelDigest != decision.modelDigest { stack.append(decision) }
            } else if stack.last?.modelDigest != decision.modelDigest {
                stack.append(decision)
            }
        }
    }

    /// The decision by which a person put what is deployed where it is; nil if only gates did.
    var promotion: Decision? {
        let digest = deployed?.modelDigest
        return decisions.reversed().filter { $0.outcome == .deployed }
            .prefix { $0.modelDigest == digest }
            .first(where: \.isByPerson)
    }

    /// The last measurement of a model that is on record.
    ///
    /// - Parameter dataDigest: on these data only.
    func measurement(of digest: String, on dataDigest: String? = nil) -> ModelMeasurement? {
        decisions.last {
            $0.modelDigest == digest && $0.measurement != nil
                && (dataDigest == nil || $0.measurement?.dataDigest == dataDigest)
        }?.measurement
    }

    /// What was deployed when the record had `count` lines.
    func deployed(afterLine count: Int) -> Decision? {
        decisions.last { $0.outcome == .deployed && $0.number <= count }
    }
}

/// The pointer beside the record: what is deployed, and how far the record had come.
///
/// It follows from the record, and proves in turn that no line was taken off its end.
struct DeployedPointer: Codable, Equatable {
    static let key = "deployed.json"

    /// Lines of the record.
    var recordCount: Int
    /// SHA-256 of the last of them.
    var lastLine: String
    var modelDigest: String?
    var fileName: String?

    enum CodingKeys: String, CodingKey {
        case recordCount = "records"
        case lastLine = "last_line_sha256"
        case modelDigest = "model_sha256"
        case fileName = "file_name"
    }

    /// What a store has before its first decision, so that models without a record tell.
    static let none = DeployedPointer(AuditLog())

    init(_ log: AuditLog) {
        recordCount = log.lineDigests.count
        lastLine = log.lineDigests.last ?? AuditLog.noLine
        modelDigest = log.deployed?.modelDigest
        fileName = log.deployed?.fileName
    }

    /// Where pointer and record disagree otherwise than by a crash between writing the two, which
    /// leaves the pointer a line behind.
    func problems(with log: AuditLog) -> [AuditProblem] {
        func problem(_ line: Int?, _ what: String) -> [AuditProblem] {
            [AuditProblem(line: line, what: what)]
        }
        guard recordCount >= 0, recordCount <= log.lineDigests.count else {
            return problem(
                nil,
                "\(Self.key) counts \(recordCount) decisions, the record has "
                    + "\(log.lineDigests.count)")
        }
        let digest = recordCount == 0 ? AuditLog.noLine : log.lineDigests[recordCount - 1]
        guard digest == lastLine else {
            return problem(
                recordCount, "its SHA-256 is \(digest), \(Self.key) says \(lastLine)")
        }
        let deployed = log.deployed(afterLine: recordCount)
        guard deployed?.modelDigest == modelDigest, deployed?.fileName == fileName else {
            return problem(
                nil,
                "\(Self.key) points to \(modelDigest ?? "no model"), the record to "
                    + "\(deployed?.modelDigest ?? "no model")")
        }
        return []
    }
}
