/// What a layer does in a training step, as far as times are told apart.
enum LayerPhase: Int, CaseIterable {
    case forward, statistics, backward, gradientSums, gradients

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
    /// The work of a phase by the layer's shapes.
    func cost(_ phase: LayerPhase, isFirst: Bool, named name: String) -> SectionCost {
        let (inputs, outputs) = (Double(inputShape.count), Double(outputShape.count))
        let weights = Double(parameters.reduce(0) { $0 + $1.count })
        let inputGradients = isFirst ? 0 : inputs
        var cost = SectionCost(
            name: name, flopsPerSample: flops(phase, isFirst: isFirst))
        switch phase {
        case .forward:
            cost.bytesPerSample = 4 * (inputs + outputs)
            cost.bytesPerCall = 4 * weights
        case .statistics: cost.bytesPerSample = 4 * inputs
        case .backward:
            // Read: the inputs and the outputs' gradients; written: the inputs' gradients.
            cost.bytesPerSample = 4 * (inputs + outputs + inputGradients)
            cost.bytesPerCall = 4 * weights
        case .gradientSums: cost.bytesPerSample = 4 * (inputs + outputs)
        case .gradients:
            // All of a step's calls together touch each gradient once.
            cost.bytesPerSample = 4 * gradientFloatsPerSample
            cost.bytesPerCall = 8 * weights / Double(max(1, gradientTaskCount))
        }
        return cost
    }

    private func flops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        switch self {
        case let layer as Conv2d: layer.convolutionFlops(phase, isFirst: isFirst)
        case let layer as Linear: layer.linearFlops(phase, isFirst: isFirst)
        case is BatchNorm2d:
            elementwiseFlops(phase, forward: 2, statistics: 3, backward: 4, sums: 3)
        case is Flatten: 0
        default: elementwiseFlops(phase, forward: 1, statistics: 0, backward: 1, sums: 0)
        }
    }

    private func elementwiseFlops(
        _ phase: LayerPhase, forward: Double, statistics: Double, backward: Double, sums: Double
    ) -> Double {
        let perElement =
            switch phase {
            case .forward: forward
            case .statistics: statistics
            case .backward: backward
            case .gradientSums: sums
            case .gradients: 0.0
            }
        return perElement * Double(inputShape.count)
    }

    /// What `addGradients` reads for each sample of the batch.
    private var gradientFloatsPerSample: Double {
        switch self {
        case let layer as Conv2d:
            Double(layer.weight.count + layer.bias.count) / Double(BatchPlan.chunkSize)
        case is Linear: Double(inputShape.count + outputShape.count)
        default: 0
        }
    }
}

extension Conv2d {
    fileprivate func convolutionFlops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        let products = 2 * Double(geometry.patchCount) * Double(outputShape.count)
        return switch phase {
        case .forward: products
        // The weights' gradient, and the inputs' unless nobody wants it.
        case .backward: isFirst ? products : 2 * products
        // The chunks' weight gradients are added up.
        case .gradients: Double(weight.count + bias.count) / Double(BatchPlan.chunkSize)
        case .statistics, .gradientSums: 0
        }
    }
}

extension Linear {
    fileprivate func linearFlops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        let products = 2 * Double(inputShape.count) * Double(outputShape.count)
        return switch phase {
        case .forward, .gradients: products
        case .backward: isFirst ? 0 : products
        case .statistics, .gradientSums: 0
        }
    }
}
