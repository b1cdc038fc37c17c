import Foundation
import Kernels
import LinearAlgebra

/// How a parameter's first values are drawn, by PyTorch's names. A layer's bias follows PyTorch's
/// default, or is zero where the weights aren't drawn by it.
///
/// Source: PyTorch 2.15, torch.nn.init.
public enum Initialization: Sendable, Equatable {
    /// Whether the spread keeps the variance of activations or of gradients.
    public enum Fan: String, Codable, Sendable, CaseIterable {
        case input = "fan_in"
        case output = "fan_out"
    }

    /// PyTorch's default for convolutions and linear layers: uniform in ±1/√fan_in.
    case standard
    /// Uniform in ±√2·√(3/fan): Kaiming's with the gain of ReLU.
    case kaimingUniform(fan: Fan = .input)
    /// Normal with deviation √2/√fan: Kaiming's with the gain of ReLU.
    case kaimingNormal(fan: Fan = .input)
    /// Uniform in ±gain·√(6/(fan_in + fan_out)).
    case xavierUniform(gain: Double = 1)
    /// Normal with deviation gain·√(2/(fan_in + fan_out)).
    case xavierNormal(gain: Double = 1)
    /// gain times orthonormal rows (or columns, where there are more rows): the first dimension by
    /// all the others.
    case orthogonal(gain: Double = 1)
    case zero
    case constant(Double)
}

// MARK: - Drawing

extension Parameter {
    /// Draws first values, element by element in PyTorch's order.
    ///
    /// - Parameters:
    ///   - fanIn: inputs that an output is a sum of; `ParameterLayout.fans` has both.
    ///   - stream: tells the parameters of a network apart.
    /// - Precondition: orthogonal values need at least two dimensions.
    public func initialize(
        _ initialization: Initialization, fanIn: Int, fanOut: Int, stream: UInt32, random: Philox
    ) {
        wasSet = true
        func fan(_ fan: Initialization.Fan) -> Double { Double(fan == .input ? fanIn : fanOut) }
        let both = Double(fanIn + fanOut)
        switch initialization {
        case .standard: initializeUniform(fanIn: fanIn, stream: stream, random)
        case .kaimingUniform(let side):
            setUniform(bound: Float((6 / fan(side)).squareRoot()), stream: stream, random)
        case .kaimingNormal(let side):
            setValue(
                normals(deviation: (2 / fan(side)).squareRoot(), stream, random).map(Float.init))
        case .xavierUniform(let gain):
            setUniform(bound: Float(gain * (6 / both).squareRoot()), stream: stream, random)
        case .xavierNormal(let gain):
            setValue(
                normals(deviation: gain * (2 / both).squareRoot(), stream, random).map(Float.init))
        case .orthogonal(let gain): setOrthogonal(gain: gain, stream, random)
        case .zero: value.fill(0)
        case .constant(let constant): value.fill(Float(constant))
        }
    }

    /// Four by a block of the generator, by Box and Muller's method.
    private func normals(deviation: Double, _ stream: UInt32, _ random: Philox) -> [Double] {
        var values: [Double] = []
        values.reserveCapacity(count + 3)
        for block in 0..<(count + 3) / 4 {
            let draws = random.uniform(
                SIMD4(UInt32(block), stream, 0, RandomPurpose.initialization))
            for pair in 0..<2 {
                // The first is in (0, 1], so that its logarithm is finite.
                let radius = (-2 * log(1 - Double(draws[2 * pair]))).squareRoot() * deviation
                let angle = 2 * Double.pi * Double(draws[2 * pair + 1])
                values += [radius * cos(angle), radius * sin(angle)]
            }
        }
        return Array(values.prefix(count))
    }

    private func setOrthogonal(gain: Double, _ stream: UInt32, _ random: Philox) {
        let shape = layout.shape
        precondition(
            shape.count >= 2, "\(name): orthogonal values need two dimensions, not \(shape)")
        let (rows, columns) = (shape[0], count / shape[0])
        let drawn = normals(deviation: 1, stream, random)
        let basis =
            rows >= columns
            ? orthonormalColumns(drawn, rows: rows, columns: columns)
            : transposed(
                orthonormalColumns(
                    transposed(drawn, rows: rows, columns: columns), rows: columns, columns: rows),
                rows: columns, columns: rows)
        setValue(basis.map { Float(gain * $0) })
    }

    private func transposed(_ values: [Double], rows: Int, columns: Int) -> [Double] {
        (0..<values.count).map { values[$0 % rows * columns + $0 / rows] }
    }
}

extension ParameterLayout {
    /// Inputs that an output is a sum of, and outputs that an input takes part in, as PyTorch counts
    /// them; nil with fewer than two dimensions.
    public var fans: (input: Int, output: Int)? {
        guard shape.count >= 2 else { return nil }
        let receptive = shape.dropFirst(2).reduce(1, *)
        return (shape[1] * receptive, shape[0] * receptive)
    }
}
