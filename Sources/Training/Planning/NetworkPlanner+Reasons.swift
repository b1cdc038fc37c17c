import Kernels

/// Why each node is computed as it is: what `--explain-plan` prints.
extension NetworkPlanner {
    /// What computes a stage, and why: the algorithm of a convolution, `layer` for what is computed by
    /// itself.
    func explanation(of stage: Stage) -> (algorithm: String, reason: String) {
        switch stage {
        case .convolution(let fused):
            (fused.algorithm.rawValue, reason(fused.algorithm, graph.nodes[fused.node]))
        case .layer(_, _, _, let reason): ("layer", reason)
        case .pooledMap: ("fused", "reads the convolution's output while it is in the cache")
        case .add(let node): ("layer", reasonForSum(graph.nodes[node]))
        case .concat: ("layer", "copies its inputs side by side")
        }
    }

    // MARK: - Convolutions

    private func reason(
        _ algorithm: ConvolutionAlgorithm, _ node: NetworkGraph.Node
    ) -> String {
        guard case .convolution(let geometry, _) = node.operation else { return "" }
        switch algorithm {
        case .im2col: return reasonByItself(node)
        case .direct:
            return "one channel in front of a pool: gradients at each window's argmax alone"
        case .winograd2, .winograd4: return productsOfWinograd(algorithm, geometry)
        case .implicitGemm: return reasonAgainstWinograd(node, geometry)
        case .depthwise: return "a group for each channel: channels in the vector lanes"
        }
    }

    private func productsOfWinograd(
        _ algorithm: ConvolutionAlgorithm, _ geometry: ConvolutionGeometry
    ) -> String {
        let winograd = WinogradGeometry(geometry, outputTile: algorithm.outputTile!)
        return "\(winograd.neededElementCount) products a pair of channels, "
            + "\(products(geometry)) directly"
    }

    /// Why a convolution is one product of rows of taps.
    private func reasonAgainstWinograd(
        _ node: NetworkGraph.Node, _ geometry: ConvolutionGeometry
    ) -> String {
        let (kernel, strides) = (geometry.kernel, geometry.strides)
        if kernel == 1 { return "1×1: a product of pixels and weights" }
        let taps = "rows of taps as they lie: "
        if strides != 1 { return taps + "a stride of \(strides), and Winograd's algorithm takes 1" }
        if geometry.dilations != 1 { return taps + "a dilation of \(geometry.dilations)" }
        guard WinogradGeometry.fits(geometry) else {
            return taps + "Winograd's algorithm takes no \(kernel) kernel with a padding of "
                + "\(geometry.paddings)"
        }
        let tile = cheaperTile(geometry)
        let (direct, winograd) = (directCost(node, geometry), cost(geometry, tile))
        guard direct <= winograd else { return taps + "as the plan says" }
        return taps + "\(Self.millions(direct)) multiplications a sample, "
            + "\(Self.millions(winograd)) with Winograd's transforms"
    }

    private static func millions(_ count: Int) -> String {
        let tenths = (count + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10) million"
    }

    // MARK: - Layers by themselves

    func reasonByItself(_ node: NetworkGraph.Node) -> String {
        switch node.operation {
        case .convolution(let geometry, _):
            geometry.groups > 1
                ? "patches of \(geometry.groups) groups and OpenBLAS"
                : "unfolded patches and OpenBLAS, as the plan says"
        case .linear(let linear): reason(linear, node)
        case .batchNorm: "behind no convolution that it alone reads"
        case .groupNorm, .layerNorm: "its sums are a sample's, and known when that is computed"
        case .activation(.relu), .activation(.leakyReLU), .activation(.sigmoid), .activation(.tanh):
            "on its input's memory, where nobody else reads that"
        case .activation: "its input is kept: the way back needs it"
        case .maxPool, .averagePool: reasonForPool(node)
        case .adaptiveAveragePool: "behind no fused convolution"
        case .dropout, .dropout2d: "on its input's memory, where nobody else reads that"
        case .flatten: "nothing is computed"
        case .custom: "a layer of the program's own"
        case .add: reasonForSum(node)
        case .concat: "copies its inputs side by side"
        }
    }

    private func reason(_ linear: LayerDescription.FullyConnected, _ node: NetworkGraph.Node)
        -> String
    {
        Linear.hasWholePanels(
            inputs: node.inputShape.count, outputs: linear.outputs,
            wantsInputGradient: wantsGradient(node.inputs[0]))
            ? "weights in panels, brought there once a step"
            : "OpenBLAS: inputs and outputs aren't both multiples of \(PanelMatrix.panelWidth)"
    }

    private func reasonForPool(_ node: NetworkGraph.Node) -> String {
        node.isSimplePool
            ? "behind no convolution that it alone reads"
            : "only max-pools of 2×2 side by side are computed along with a convolution"
    }

    private func reasonForSum(_ node: NetworkGraph.Node) -> String {
        node.output.channels % ImageView.channelMultiple == 0
            ? "no input is a convolution, perhaps with batch norm, that it alone reads"
            : "only sums of a multiple of \(ImageView.channelMultiple) channels are computed along with "
                + "a convolution"
    }
}
