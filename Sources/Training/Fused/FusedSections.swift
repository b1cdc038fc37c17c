/// The parts of a Winograd block whose times are told apart.
enum BlockPart: Int, CaseIterable {
    case input, products, output
    case gradientInput, weightProducts, dataProducts, inputGradient, weightGradient

    fileprivate var title: String {
        switch self {
        case .input: "forward: input, transformed"
        case .products: "forward: products"
        case .output: "forward: output, moments, pool"
        case .gradientInput: "backward: gradient and input, transformed"
        case .weightProducts: "backward: products for weights"
        case .dataProducts: "backward: products for data"
        case .inputGradient: "backward: gradient in the input"
        case .weightGradient: "backward: gradient in the weights"
        }
    }
}

/// The other parts of a fused training pass.
enum PassPart: Int, CaseIterable {
    case weights, load, stem, head, loss, headBack, stemBack, sums

    fileprivate var title: String {
        switch self {
        case .weights: "transformed weights"
        case .load: "load batch"
        case .stem: "conv1 forward, moments, pool"
        case .head: "average pool, fully connected layers"
        case .loss: "loss"
        case .headBack: "fully connected layers, average pool back"
        case .stemBack: "conv1 backward"
        case .sums: "gradients of weights, summed"
        }
    }
}

/// Sections of the clock that belong together, from `first` on.
struct SectionGroup {
    let clock: SectionClock
    let first: Int

    @inline(__always)
    func measure(_ part: Int, samples: Int, worker: Int, _ body: () -> Void) {
        clock.measure(first + part, samples: Double(samples), worker: worker, body)
    }
}

/// The work of a fused pass's sections, by shapes: operations are those of the algorithm in force,
/// not of the textbook's sums; transforms' aren't counted.
enum FusedSections {
    /// The pass's own parts, then each block's.
    static func costs(_ network: FusedNetwork, inputCount: Int) -> [SectionCost] {
        PassPart.allCases.map { cost($0, network, inputCount) }
            + zip(network.blocks, 2...).flatMap { block, number in
                BlockPart.allCases.map { cost($0, block.geometry, "conv\(number)") }
            }
    }

    static func group(ofBlock index: Int, _ clock: SectionClock) -> SectionGroup {
        SectionGroup(
            clock: clock, first: PassPart.allCases.count + index * BlockPart.allCases.count)
    }

    private static func cost(
        _ part: BlockPart, _ geometry: WinogradGeometry, _ name: String
    ) -> SectionCost {
        let elements = Double(geometry.kernel.tileElementCount)
        let places = Double(geometry.neededElementCount)
        let (inputs, outputs) = (Double(geometry.inputs), Double(geometry.outputs))
        let pixels = Double(geometry.height * geometry.width)
        var cost = SectionCost(name: "\(name) \(part.title)")
        switch part {
        case .products, .weightProducts, .dataProducts:
            cost.flopsPerSample = 2 * places * inputs * outputs
            cost.bytesPerSample = 4 * places * (inputs + outputs)
            cost.bytesPerCall = 4 * elements * inputs * outputs
        case .input, .inputGradient: cost.bytesPerSample = 4 * (places + pixels) * inputs
        case .output: cost.bytesPerSample = 4 * (places + pixels) * outputs
        case .gradientInput: cost.bytesPerSample = 4 * (places + pixels) * (inputs + outputs)
        case .weightGradient:
            cost.bytesPerCall =
                4 * elements * inputs * outputs + 4 * Double(geometry.weightCount)
        }
        return cost
    }

    private static func cost(
        _ part: PassPart, _ network: FusedNetwork, _ inputCount: Int
    ) -> SectionCost {
        let connected = network.linears.reduce(0.0) { $0 + Double($1.weight.count) }
        let convolved = Double(inputCount * network.maps[0].channels) * 25
        var cost = SectionCost(name: part.title)
        switch part {
        case .load: cost.bytesPerSample = 5 * Double(inputCount)
        case .stem: cost.flopsPerSample = 2 * convolved
        // Of each window of four pixels one is chosen.
        case .stemBack: cost.flopsPerSample = 2 * convolved / 4
        case .head, .headBack:
            cost.flopsPerSample = 2 * connected
            cost.bytesPerCall = 4 * connected
        case .sums: cost.flopsPerSample = 2 * connected
        case .weights, .loss: break
        }
        return cost
    }
}
