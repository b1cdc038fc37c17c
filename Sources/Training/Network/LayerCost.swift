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
}
