import Foundation
import Inference
import TestSupport

/// 50 real MNIST digits, five of each class in order.
enum SampleDigits {
    static func images() throws -> [[UInt8]] {
        let bytes = [UInt8](
            try Data(contentsOf: goldenFile("images/digits-idx3-ubyte")).dropFirst(16))
        return (0..<50).map { Array(bytes[$0 * 784..<($0 + 1) * 784]) }
    }
}

/// A real classifier, small and deterministic: a softmax over the distances to each class's mean
/// digit.
final class NearestMeanClassifier: DigitClassifier {
    let classNames = (0..<10).map(String.init)
    private let means: [[Float]]
    private(set) var batchSizes: [Int] = []

    init() throws {
        let digits = try SampleDigits.images()
        means = (0..<10).map { label in
            (0..<784).map { pixel in
                (0..<5).reduce(Float(0)) { $0 + Float(digits[5 * label + $1][pixel]) } / 5
            }
        }
    }

    func probabilities(ofPixels pixels: [UInt8], count: Int) throws -> [Float] {
        precondition(pixels.count == count * 784)
        batchSizes.append(count)
        return (0..<count).flatMap { softmax(distances(pixels[$0 * 784..<($0 + 1) * 784])) }
    }

    /// Negated mean square differences, scaled so that close ones still share.
    private func distances(_ digit: ArraySlice<UInt8>) -> [Float] {
        means.map { mean in
            var sum: Float = 0
            for (pixel, value) in digit.enumerated() {
                let difference = Float(value) - mean[pixel]
                sum += difference * difference
            }
            return -sum / 784 / 500
        }
    }

    private func softmax(_ values: [Float]) -> [Float] {
        let largest = values.max()!
        let powers = values.map { exp($0 - largest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }
}

/// Answers whatever it is told to.
final class FixedClassifier: DigitClassifier {
    let classNames: [String]
    private let answer: (Int) throws -> [Float]

    init(_ classNames: [String], _ answer: @escaping (Int) throws -> [Float]) {
        self.classNames = classNames
        self.answer = answer
    }

    func probabilities(ofPixels pixels: [UInt8], count: Int) throws -> [Float] {
        try answer(count)
    }
}
