import Kernels
import LinearAlgebra

/// A `DigitCNN` whose convolutions, batch norms, pools and dropout run as blocks that read and
/// write each activation once. It has the layers' parameters and running statistics, no own ones.
final class FusedNetwork {
    let stem: StemBlock
    let blocks: [WinogradBlock]
    let maps: [NormalizedMap]
    let pooling: PoolingHead
    /// From the features on.
    let head: [any Layer]
    let linears: [Linear]

    private init(
        stem: StemBlock, blocks: [WinogradBlock], maps: [NormalizedMap], pooling: PoolingHead,
        head: [any Layer]
    ) {
        self.stem = stem
        self.blocks = blocks
        self.maps = maps
        self.pooling = pooling
        self.head = head
        linears = head.compactMap { $0 as? Linear }
        for linear in linears { linear.useSmallProducts() }
    }

    /// - Returns: nil where the plan calls for the layers themselves: a convolution by im2col.
    static func make(_ layers: [any Layer], _ plan: ConvolutionPlan) -> FusedNetwork? {
        let convolutions = layers.compactMap { $0 as? Conv2d }
        let norms = layers.compactMap { $0 as? BatchNorm2d }
        guard plan.conv1 == .direct, let tile2 = plan.conv2.outputTile,
            let tile3 = plan.conv3.outputTile, convolutions.count == 3,
            let dropout = layers.compactMap({ $0 as? Dropout2d }).first,
            let poolIndex = layers.firstIndex(where: { $0 is AdaptiveAvgPool2d }),
            let pool = layers[poolIndex] as? AdaptiveAvgPool2d
        else { return nil }
        let maps = convolutions.enumerated().map { index, convolution in
            NormalizedMap(
                convolution.outputShape, norm: norms.isEmpty ? nil : norms[index],
                bias: convolution.bias, dropout: index == 1 ? dropout : nil, isPooled: index < 2,
                isFirst: index == 0)
        }
        return FusedNetwork(
            stem: StemBlock(convolutions[0], to: maps[0]),
            blocks: [
                WinogradBlock(convolutions[1], outputTile: tile2, from: maps[0], to: maps[1]),
                WinogradBlock(convolutions[2], outputTile: tile3, from: maps[1], to: maps[2]),
            ],
            maps: maps, pooling: PoolingHead(pool, from: maps[2]),
            head: Array(layers[(poolIndex + 1)...]))
    }

    func plan(_ capacity: Capacity) {
        stem.plan(capacity)
        for block in blocks { block.plan(capacity) }
        for map in maps { map.plan(capacity) }
        pooling.plan(capacity)
        for layer in head { layer.plan(capacity) }
    }
}

extension ConvolutionPlan {
    /// Whether the layers run as fused blocks.
    var isFused: Bool {
        conv1 == .direct && conv2.outputTile != nil && conv3.outputTile != nil
    }
}

extension ConvolutionAlgorithm {
    /// m of Winograd's F(m×m, k×k).
    var outputTile: Int? {
        switch self {
        case .winograd2: 2
        case .winograd4: 4
        case .im2col, .direct: nil
        }
    }
}
