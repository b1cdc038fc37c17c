import Foundation
import Metrics
import TestSupport
import Testing

/// What `Tests/Golden/generate/metrics.py` writes: scikit-learn's numbers, null for NaN.
struct GoldenCases<Case: Decodable>: Decodable {
    let cases: [Case]

    static func read(_ name: String) throws -> [Case] {
        let data = try Data(contentsOf: goldenFile("metrics/\(name).json"))
        return try JSONDecoder().decode(Self.self, from: data).cases
    }
}

struct GoldenScores: Decodable {
    /// Precision, recall, F1, each `[K]`.
    let perClass: [[Double?]]
    let support: [Int]
    let micro: [Double?]
    let macro: [Double?]
    let weighted: [Double?]

    enum CodingKeys: String, CodingKey {
        case support, micro, macro, weighted
        case perClass = "per_class"
    }
}

struct GoldenAgreement: Decodable {
    let accuracy: Double
    let balancedAccuracy: Double
    let matthews: Double
    /// Unweighted, linear, quadratic.
    let kappa: [Double?]

    enum CodingKeys: String, CodingKey {
        case accuracy, matthews, kappa
        case balancedAccuracy = "balanced_accuracy"
    }
}

struct GoldenConfusion: Decodable {
    let counts: [[Int]]
    let `true`: [[Double]]?
    let pred: [[Double]]?
    let all: [[Double]]?
}

/// Expects the same values undefined and the others within `tolerance`.
func expectSame(
    _ actual: [Double?], _ expected: [Double?], tolerance: Double = 1e-12, _ label: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(
        actual.map { $0 == nil } == expected.map { $0 == nil }, "\(label): undefined",
        sourceLocation: sourceLocation)
    assertClose(
        actual.compactMap { $0 }, expected.compactMap { $0 }, relative: tolerance,
        absolute: tolerance, label, sourceLocation: sourceLocation)
}

func expectSame(
    _ actual: ClassificationScores, _ expected: GoldenScores, _ label: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    func triple(_ scores: PrecisionRecallF1) -> [Double?] {
        [scores.precision, scores.recall, scores.f1]
    }
    let pairs: [([Double?], [Double?], String)] = [
        (actual.perClass.map(\.precision), expected.perClass[0], "precision"),
        (actual.perClass.map(\.recall), expected.perClass[1], "recall"),
        (actual.perClass.map(\.f1), expected.perClass[2], "F1"),
        (triple(actual.micro), expected.micro, "micro"),
        (triple(actual.macro), expected.macro, "macro"),
        (triple(actual.weighted), expected.weighted, "weighted"),
    ]
    for (values, wanted, name) in pairs {
        expectSame(values, wanted, "\(label): \(name)", sourceLocation: sourceLocation)
    }
    #expect(
        actual.perClass.map(\.support) == expected.support, "\(label)",
        sourceLocation: sourceLocation)
}
