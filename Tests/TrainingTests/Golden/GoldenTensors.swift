import Foundation
import Kernels
import TestSupport
import Testing

@testable import Training

/// The tensors of a golden file, in PyTorch's order or the engine's.
struct GoldenTensors: Sendable {
    let file: SafetensorsFile

    init(_ name: String) { file = try! SafetensorsFile.read(goldenFile(name)) }

    func shape(_ name: String) -> [Int] {
        guard let tensor = file.tensors[name] else { preconditionFailure("no tensor \(name)") }
        return tensor.shape
    }

    func has(_ name: String) -> Bool { file.tensors[name] != nil }

    /// The cases whose names begin with `prefix`, in alphabetical order.
    func cases(_ prefix: String) -> [String] {
        file.names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".output") }
            .map { String($0.dropLast(".output".count)) }.sorted()
    }

    func floats(_ name: String) -> [Float] {
        try! file.float32(named: name, shape: shape(name))
    }

    func doubles(_ name: String) -> [Double] {
        let values = file.tensors[name]!.doubles!
        precondition(values.allSatisfy(\.isFinite), name)
        return values
    }

    func integers(_ name: String) -> [Int] {
        try! file.int64(named: name, shape: shape(name)).map(Int.init)
    }

    /// N C H W as the engine has it, N H W C; other ranks as they are.
    func channelsLast(_ name: String) -> [Float] {
        let (values, shape) = (floats(name), shape(name))
        guard shape.count == 4 else { return values }
        let (channels, pixels) = (shape[1], shape[2] * shape[3])
        var result = [Float](repeating: 0, count: values.count)
        for sample in 0..<shape[0] {
            for channel in 0..<channels {
                for pixel in 0..<pixels {
                    result[(sample * pixels + pixel) * channels + channel] =
                        values[(sample * channels + channel) * pixels + pixel]
                }
            }
        }
        return result
    }

    /// Of one sample of a tensor N C H W, or N F.
    func sampleShape(_ name: String) -> SampleShape {
        let shape = shape(name)
        return shape.count == 4
            ? SampleShape(height: shape[2], width: shape[3], channels: shape[1])
            : SampleShape(features: shape[1])
    }

    /// The state whose tensors are called `prefix` and then PyTorch's names.
    func state(_ prefix: String) -> StateDictionary {
        StateDictionary(
            file.names.filter { $0.hasPrefix(prefix) }.map { name in
                let values: StateDictionary.Values =
                    name.hasSuffix("num_batches_tracked")
                    ? .integers(integers(name).map(Int64.init)) : .floats(floats(name))
                return .init(
                    name: String(name.dropFirst(prefix.count)), shape: shape(name), values: values)
            })
    }
}

/// Expects ‖actual − expected‖ / ‖expected‖ of at most `tolerance`.
func expectRelativeError(
    _ actual: [Float], _ expected: [Float], _ tolerance: Double, _ label: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard actual.count == expected.count else {
        Issue.record(
            "\(label): \(actual.count) elements, expected \(expected.count)",
            sourceLocation: sourceLocation)
        return
    }
    let error = relativeError(actual, expected)
    #expect(error <= tolerance, "\(label)", sourceLocation: sourceLocation)
}
