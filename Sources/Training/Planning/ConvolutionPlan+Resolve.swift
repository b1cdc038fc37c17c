import Kernels

extension ConvolutionPlan {
    /// The plan for a network, as it is asked for.
    ///
    /// - Throws: `NetworkDescriptionError`.
    public static func resolved(
        _ choice: ConvolutionChoice, _ description: NetworkDescription
    ) throws -> ConvolutionPlan {
        let graph = try description.graph()
        let planner = NetworkPlanner(graph)
        return switch choice {
        case .im2col: planner.layerByLayer()
        case .winograd2: planner.plan(tile: .winograd2)
        case .winograd4: planner.plan(tile: .winograd4)
        case .auto: planner.table()
        case .measure: fastest(ConvolutionTiming.measure(graph))
        }
    }

    /// The fastest plan by timings. The convolutions of a network are fused or none is: im2col is chosen
    /// for all of them if it wins over the best of the others together.
    public static func fastest(_ timings: [ConvolutionTiming]) -> ConvolutionPlan {
        let byLayer = Dictionary(grouping: timings, by: \.layer)
        func best(_ isFused: Bool) -> [ConvolutionTiming] {
            byLayer.values.map { timings in
                let candidates = timings.filter { ($0.algorithm != .im2col) == isFused }
                return (candidates.isEmpty ? timings : candidates).min { $0.total < $1.total }!
            }
        }
        let (fused, plain) = (best(true), best(false))
        func total(_ timings: [ConvolutionTiming]) -> Double {
            timings.reduce(0) { $0 + $1.total }
        }
        // Without convolutions there is nothing to measure, and nothing to give up fusing for.
        let isLayerByLayer = total(plain) < total(fused)
        return ConvolutionPlan(
            Dictionary(
                uniqueKeysWithValues: (isLayerByLayer ? plain : fused).map {
                    ($0.layer, $0.algorithm)
                }), isLayerByLayer: isLayerByLayer)
    }
}
