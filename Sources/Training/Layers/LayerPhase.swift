/// What a layer does in a training step, as far as times and costs are told apart.
public enum LayerPhase: Int, CaseIterable, Sendable {
    case forward
    /// What `BatchStatisticsLayer.collectStatistics` does.
    case statistics
    case backward
    /// What `BatchStatisticsLayer.collectGradientSums` does.
    case gradientSums
    /// What `Layer.addGradients` does, all tasks together.
    case gradients

    var title: String {
        switch self {
        case .forward: "forward"
        case .statistics: "statistics"
        case .backward: "backward"
        case .gradientSums: "gradient sums"
        case .gradients: "gradients"
        }
    }
}

extension Layer {
    /// One operation for each element of the input, forward and backward.
    public func flops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        elementwiseFlops(phase, forward: 1, backward: 1)
    }

    public var gradientFloatsPerSample: Double { 0 }

    /// A cost by the number of the input's elements.
    public func elementwiseFlops(
        _ phase: LayerPhase, forward: Double, statistics: Double = 0, backward: Double,
        sums: Double = 0, gradients: Double = 0
    ) -> Double {
        let perElement =
            switch phase {
            case .forward: forward
            case .statistics: statistics
            case .backward: backward
            case .gradientSums: sums
            case .gradients: gradients
            }
        return perElement * Double(inputShape.count)
    }

    /// A cost by the numbers of the output's elements and of what each is made of.
    func windowFlops(_ phase: LayerPhase, window: Int) -> Double {
        switch phase {
        case .forward, .backward: Double(window * outputShape.count)
        case .statistics, .gradientSums, .gradients: 0
        }
    }
}
