import Kernels

extension NetworkPlanner {
    /// Checks that a plan can be computed as it says: an algorithm that fits for each convolution, and
    /// none for anything else.
    ///
    /// - Throws: `NetworkDescriptionError` naming the layer, and what fits.
    func check(_ plan: ConvolutionPlan) throws {
        let convolutions = graph.nodes.filter {
            if case .convolution = $0.operation { true } else { false }
        }
        for node in convolutions {
            guard let algorithm = plan.algorithm(of: node.name) else {
                throw NetworkDescriptionError(
                    layer: node.name,
                    problem: "the plan has no algorithm for it; \(fitting(node))")
            }
            guard fits(algorithm, node) else {
                throw NetworkDescriptionError(
                    layer: node.name,
                    problem: "\(algorithm.rawValue) can't compute it; \(fitting(node))")
            }
        }
        let names = convolutions.map(\.name)
        for (name, _) in plan.layers where !names.contains(name) {
            throw NetworkDescriptionError(
                layer: name,
                problem: "in the plan, and no convolution of the network; those are "
                    + (names.isEmpty ? "none" : names.joined(separator: ", ")))
        }
    }

    private func fitting(_ node: NetworkGraph.Node) -> String {
        let names = ConvolutionAlgorithm.allCases.filter { fits($0, node) }.map(\.rawValue)
        return "what fits: \(names.joined(separator: ", "))"
    }
}
