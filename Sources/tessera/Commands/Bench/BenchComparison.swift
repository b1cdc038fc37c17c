import DurableFiles
import Foundation
import Measurement
import Training

/// How a result compares with an earlier one; its JSON has the outcome's keys beside its own.
struct BenchComparison: Encodable {
    /// The earlier result's file.
    let against: String
    let earlierMedian: Double
    let earlierSampleCount: Int
    let outcome: Comparison
    /// What else differs between the two, and what the verdict can't say.
    let notes: [String]

    enum CodingKeys: CodingKey { case against, earlierMedian, earlierSampleCount, notes }

    func encode(to encoder: any Encoder) throws {
        try outcome.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(against, forKey: .against)
        try container.encode(earlierMedian, forKey: .earlierMedian)
        try container.encode(earlierSampleCount, forKey: .earlierSampleCount)
        try container.encode(notes, forKey: .notes)
    }
}

/// The result of an earlier `tessera bench … --json`, as far as a comparison needs it.
struct StoredResult {
    private struct Content: Decodable {
        struct Samples: Decodable { let samples: [Double] }

        let subject: BenchResult.Subject
        let batch: Int
        let threads: Int
        let parameters: Int
        let data: String
        let imagesPerSecond: Samples
        let convolutionPlan: ConvolutionPlan
        let machine: Machine
        let tesseraVersion: String
        let isDebugBuild: Bool
    }

    private let path: String
    private let content: Content

    /// - Throws: `FileError`; `BenchError.notAResult`.
    init(path: String) throws {
        self.path = path
        let data = try RegularFile.read(FilePath.url(path))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do { content = try decoder.decode(Content.self, from: data) } catch {
            throw BenchError.notAResult(path: path, reason: StoredResult.reason(error))
        }
        let samples = content.imagesPerSecond.samples
        guard !samples.isEmpty, samples.allSatisfy({ $0 > 0 }) else {
            throw BenchError.notAResult(
                path: path,
                reason: "images_per_second.samples must be numbers above 0, at least one")
        }
    }

    /// - Throws: `BenchError.otherMeasurement`, before anything is measured.
    func check(subject: BenchResult.Subject, batch: Int, threads: Int) throws {
        try require("subject", content.subject.rawValue, subject.rawValue)
        try require("batch", "\(content.batch)", "\(batch)")
        try require("threads", "\(content.threads)", "\(threads)")
    }

    /// - Throws: `BenchError.otherMeasurement` for a result of another network.
    func comparison(with result: BenchResult) throws -> BenchComparison {
        try require("parameters", "\(content.parameters)", "\(result.parameters)")
        let samples = content.imagesPerSecond.samples
        let outcome = Comparison(result.imagesPerSecond.samples, against: samples)
        return BenchComparison(
            against: path, earlierMedian: Speeds(samples).median,
            earlierSampleCount: samples.count, outcome: outcome,
            notes: notes(result, outcome))
    }

    private func require(_ field: String, _ found: String, _ expected: String) throws {
        guard found == expected else {
            throw BenchError.otherMeasurement(
                path: path, field: field, found: found, expected: expected)
        }
    }

    private func notes(_ result: BenchResult, _ outcome: Comparison) -> [String] {
        func difference(_ name: String, _ earlier: String, _ now: String) -> String? {
            earlier == now ? nil : "another \(name): \(earlier) then, \(now) now"
        }
        func build(_ isDebug: Bool) -> String { isDebug ? "debug" : "release" }
        let count = result.imagesPerSecond.samples.count
        return [
            outcome.hasTooFewSamples
                ? "\(count) samples and \(content.imagesPerSecond.samples.count) are too few to "
                    + "tell: measure longer (--seconds)" : nil,
            difference("machine", "\(content.machine)", "\(result.machine)"),
            difference("build", build(content.isDebugBuild), build(result.isDebugBuild)),
            difference("data", content.data, result.data),
            difference(
                "convolution plan", "\(content.convolutionPlan)", "\(result.convolutionPlan)"),
            difference("version", content.tesseraVersion, result.tesseraVersion),
        ].compactMap(\.self)
    }

    /// What a decoder found wrong, in a sentence.
    private static func reason(_ error: any Error) -> String {
        func name(_ path: [any CodingKey]) -> String {
            path.map(\.stringValue).joined(separator: ".")
        }
        return switch error {
        case DecodingError.keyNotFound(let key, let context):
            "\(name(context.codingPath + [key])) is missing"
        case DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context):
            "\(name(context.codingPath)) is of the wrong type"
        case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
            "\(name(context.codingPath)): \(context.debugDescription)"
        default: "it isn't JSON"
        }
    }
}

/// Why a measurement or its comparison can't be made.
enum BenchError: ExitStatusError, CustomStringConvertible {
    case batchTooLarge(batch: Int, imageCount: Int)
    case noTestImages(path: String)
    case notAResult(path: String, reason: String)
    case otherMeasurement(path: String, field: String, found: String, expected: String)
    case wrongProbabilities(sum: Double, imageCount: Int)

    var description: String {
        switch self {
        case .batchTooLarge(let batch, let imageCount):
            "--batch \(batch): there are \(Format.count(imageCount)) images in --data-dir; give at most that many"
        case .noTestImages(let path):
            "\(path): no test images (t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte)"
        case .notAResult(let path, let reason):
            "\(path): not a result of `tessera bench`: \(reason). Make one with --json."
        case .otherMeasurement(let path, let field, let found, let expected):
            "\(path): its \(field) is \(found), this measurement's \(expected); "
                + "only equal measurements can be compared"
        case .wrongProbabilities(let sum, let imageCount):
            "the probabilities of \(imageCount) images add up to \(sum), so their time means nothing"
        }
    }

    var exitStatus: ExitStatus {
        switch self {
        case .batchTooLarge: .usage
        case .noTestImages, .notAResult, .otherMeasurement: .badInput
        case .wrongProbabilities: .failure
        }
    }
}
