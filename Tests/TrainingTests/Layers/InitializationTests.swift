import Foundation
import Kernels
import TestSupport
import Testing

@testable import Training

/// First values: spreads are PyTorch's, orthogonal ones are orthogonal, old ones keep their bits.
@Suite struct InitializationTests {
    private static let goldens = GoldenTensors("layers_more.safetensors")
    private static let random = Philox(key: 91)

    private static let layouts: [(String, ParameterLayout)] = [
        ("linear", .plain([40, 25])),
        ("conv", .convolution(outputs: 18, inputs: 6, kernelHeight: 3, kernelWidth: 5)),
    ]

    private static let named: [(String, Initialization, isUniform: Bool)] = [
        ("default", .standard, true),
        ("kaiming_uniform_fan_in", .kaimingUniform(), true),
        ("kaiming_uniform_fan_out", .kaimingUniform(fan: .output), true),
        ("kaiming_normal_fan_in", .kaimingNormal(), false),
        ("kaiming_normal_fan_out", .kaimingNormal(fan: .output), false),
        ("xavier_uniform", .xavierUniform(gain: 1.5), true),
        ("xavier_normal", .xavierNormal(gain: 1.5), false),
    ]

    private func drawn(
        _ initialization: Initialization, _ layout: ParameterLayout, stream: UInt32 = 3
    ) -> [Float] {
        let parameter = Parameter(name: "weight", layout: layout)
        let fans = layout.fans!
        parameter.initialize(
            initialization, fanIn: fans.input, fanOut: fans.output, stream: stream,
            random: Self.random)
        return parameter.exportedValue
    }

    @Test(arguments: layouts.indices)
    func spreadsAreThoseOfPyTorch(_ index: Int) {
        let (suffix, layout) = Self.layouts[index]
        for (name, initialization, isUniform) in Self.named {
            let golden = Self.goldens.doubles("init_\(name)_\(suffix).spread")
            #expect([layout.fans!.input, layout.fans!.output] == golden.prefix(2).map { Int($0) })
            // Many streams, for the sums to be close to their expectations.
            let values = (0..<40).flatMap { drawn(initialization, layout, stream: UInt32($0)) }
            let count = Double(values.count)
            let mean = values.reduce(0) { $0 + Double($1) } / count
            let variance = values.reduce(0) { $0 + Double($1) * Double($1) } / count
            let deviation = isUniform ? golden[2] / 3.0.squareRoot() : golden[2]
            #expect(mean.magnitude < 4 * deviation / count.squareRoot(), "\(name) \(suffix)")
            #expect(abs(variance.squareRoot() / deviation - 1) < 0.01, "\(name) \(suffix)")
            let largest = values.map { Double($0.magnitude) }.max()!
            if isUniform {
                let bound = golden[2] * (1 + 1e-6)
                #expect(largest <= bound && largest > 0.999 * golden[2], "\(name) \(suffix)")
            } else {
                // Of 40,000 and more normal values the largest is near four deviations.
                #expect((3.5...6.5).contains(largest / deviation), "\(name) \(suffix)")
                let within = Double(values.filter { Double($0.magnitude) < deviation }.count)
                #expect(abs(within / count - 0.6827) < 0.01, "\(name) \(suffix)")
            }
        }
    }

    /// Wide, tall and of a convolution: the shorter side's vectors have length `gain`, and no part
    /// of each other.
    @Test(arguments: [
        ParameterLayout.plain([7, 19]), .plain([19, 7]), .plain([5, 5]), .plain([1, 3]),
        .convolution(outputs: 8, inputs: 3, kernelHeight: 2, kernelWidth: 3),
    ])
    func orthogonalValuesAreOrthogonal(_ layout: ParameterLayout) {
        let values = drawn(.orthogonal(gain: 2), layout)
        let rows = layout.shape[0]
        let columns = values.count / rows
        let (short, long) = (min(rows, columns), max(rows, columns))
        func element(_ vector: Int, _ place: Int) -> Double {
            Double(values[rows <= columns ? vector * columns + place : place * columns + vector])
        }
        for left in 0..<short {
            for right in 0...left {
                let product = (0..<long).reduce(0) { $0 + element(left, $1) * element(right, $1) }
                #expect(abs(product - (left == right ? 4 : 0)) < 1e-6, "\(layout) \(left) \(right)")
            }
        }
        #expect(values != drawn(.orthogonal(gain: 2), layout, stream: 4))
    }

    /// Without the sign of R's diagonal the first element would never be positive.
    @Test func orthogonalValuesHaveEitherSign() {
        let positive = (0..<200).filter { stream in
            drawn(.orthogonal(), .plain([3, 3]), stream: UInt32(stream))[0] > 0
        }
        #expect((70...130).contains(positive.count))
    }

    @Test func constantsAndZeros() {
        let layout = ParameterLayout.plain([3, 2])
        #expect(drawn(.constant(0.25), layout) == [Float](repeating: 0.25, count: 6))
        #expect(drawn(.zero, layout) == [Float](repeating: 0, count: 6))
    }

    /// A model trained with a seed keeps its bits.
    @Test func theDefaultDrawsWhatItDrewBefore() {
        let values = drawn(.standard, .plain([1, 6]), stream: 2)
        let bound = 1 / Float(6).squareRoot()
        let draws = (0..<2).map {
            Self.random.uniform(SIMD4(UInt32($0), 2, 0, RandomPurpose.initialization))
        }
        #expect(values == (0..<6).map { (2 * draws[$0 / 4][$0 % 4] - 1) * bound })
    }

    @Test func namesAndObjectsAreReadBack() throws {
        let all: [Initialization] =
            Self.named.map(\.1) + [
                .kaimingUniform(), .xavierUniform(), .xavierNormal(), .orthogonal(),
                .orthogonal(gain: 0.5), .zero, .constant(-1),
            ]
        for initialization in all {
            let data = try JSONEncoder().encode([initialization])
            let decoded = try JSONDecoder().decode([Initialization].self, from: data)
            #expect(decoded == [initialization], "\(String(decoding: data, as: UTF8.self))")
        }
        let text = #"["kaiming_normal", {"kind": "xavier_uniform", "gain": 2}]"#
        let written = try JSONDecoder().decode([Initialization].self, from: Data(text.utf8))
        #expect(written == [.kaimingNormal(), .xavierUniform(gain: 2)])
        #expect(Initialization.names.allSatisfy { Initialization(named: $0) != nil })
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Initialization].self, from: Data(#"["kaiming"]"#.utf8))
        }
        #expect("\(error!)".contains("kaiming_uniform"))
    }
}
