import Foundation

/// A way to compute a convolution. All give the same result but for rounding.
public enum ConvolutionAlgorithm: String, Codable, Sendable, CaseIterable {
    /// Patches unfolded into a matrix, one GEMM; any shape. The layer by itself: nothing is fused with it.
    case im2col
    /// Straight sums over the window, channels in the vector lanes: 5×5 over an image of one channel, in
    /// front of a pool.
    case direct
    /// Winograd's F(2×2, k×k); kernels of 3×3 and 5×5, stride 1.
    case winograd2
    /// Winograd's F(4×4, k×k); kernels of 3×3 and 5×5, stride 1.
    case winograd4
    /// A small product for each row of taps on the bordered image; any shape in one group.
    case implicitGemm = "implicit_gemm"
    /// Each channel by itself, channels in the vector lanes.
    case depthwise
}

/// How a user asks for a plan.
public enum ConvolutionChoice: String, Codable, Sendable, CaseIterable {
    /// The fixed table for this kind of CPU: the same bits on the same kind of machine.
    case auto
    /// What is fastest here and now; the bits may differ from run to run.
    case measure
    case im2col, winograd2, winograd4
}

/// Which algorithm computes each convolution of a network, by the layers' names.
public struct ConvolutionPlan: Sendable, Equatable {
    public var algorithms: [String: ConvolutionAlgorithm]
    /// Whether the layers run one by one, as the reference does, and OpenBLAS computes all
    /// products: those of linear layers, too.
    public var isLayerByLayer: Bool

    public init(_ algorithms: [String: ConvolutionAlgorithm], isLayerByLayer: Bool = false) {
        self.algorithms = algorithms
        self.isLayerByLayer = isLayerByLayer
    }

    public func algorithm(of layer: String) -> ConvolutionAlgorithm? { algorithms[layer] }

    /// The layers by name, as people count: `conv2` before `conv10`.
    public var layers: [(name: String, algorithm: ConvolutionAlgorithm)] {
        algorithms.sorted {
            $0.key.compare($1.key, options: .numeric) == .orderedAscending
        }.map { ($0.key, $0.value) }
    }

    /// What plans meant that were written without the flag: layer by layer if all convolutions are
    /// by im2col, and there is one.
    private var isAllIm2col: Bool {
        !algorithms.isEmpty && algorithms.values.allSatisfy { $0 == .im2col }
    }
}

/// `{"conv1": "direct", "conv2": "winograd4"}`; with `"layer_by_layer": true` or false where it
/// isn't what the algorithms alone would say, so that versions that know nothing of it write and
/// read the same.
extension ConvolutionPlan: Codable {
    /// No name of a layer, whose entry is a word.
    private static let flagKey = NamedKey("layer_by_layer")

    /// Other entries that aren't words are a later version's; an algorithm that this one doesn't
    /// know is an error, since the plan can't be kept.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: NamedKey.self)
        self.init([:])
        for key in container.allKeys {
            guard (try? container.decode(String.self, forKey: key)) != nil else { continue }
            algorithms[key.stringValue] = try container.decode(
                ConvolutionAlgorithm.self, forKey: key)
        }
        let flag = try? container.decode(Bool.self, forKey: Self.flagKey)
        isLayerByLayer = flag ?? isAllIm2col
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: NamedKey.self)
        for (layer, algorithm) in algorithms {
            try container.encode(algorithm, forKey: NamedKey(layer))
        }
        if isLayerByLayer != isAllIm2col {
            try container.encode(isLayerByLayer, forKey: Self.flagKey)
        }
    }
}

extension ConvolutionPlan: CustomStringConvertible {
    /// The algorithms in the layers' order, such as `direct, winograd4, winograd4`.
    public var description: String {
        let words = layers.map(\.algorithm.rawValue)
        guard isLayerByLayer != isAllIm2col else { return words.joined(separator: ", ") }
        return (words + [isLayerByLayer ? "layer by layer" : "fused"]).joined(separator: ", ")
    }
}
