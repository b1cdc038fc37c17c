import Kernels

extension NetworkPlanner {
    /// Whether training calls OpenBLAS: whether a stage of the plan does. A user's own layers may.
    ///
    /// - Parameter level: of the machine that trains.
    func callsBLAS(_ plan: ConvolutionPlan, level: CPULevel) -> Bool {
        stages(plan).contains { stage in
            // What is fused has products of its own.
            guard case .layer(let index, _, _, _) = stage else { return false }
            let node = graph.nodes[index]
            return switch node.operation {
            case .convolution(let geometry, _): !geometry.isDepthwise
            case .linear(let linear):
                plan.isLayerByLayer
                    || Linear.callsBLAS(
                        inputs: node.inputShape.count, outputs: linear.outputs,
                        wantsInputGradient: wantsGradient(node.inputs[0]), level: level)
            case .custom: true
            default: false
            }
        }
    }
}
