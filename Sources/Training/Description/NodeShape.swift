import Kernels

/// What a layer becomes for an input of a shape: its operation with its geometry, and its output.
struct NodeShape {
    var operation: NetworkGraph.Operation
    var output: SampleShape
    var isFlattened: Bool
    /// Of a user's own layer.
    var customState: LayerState?

    /// - Throws: `NetworkDescriptionError` where the layer doesn't fit the input.
    init(
        _ kind: LayerDescription.Kind, name: String, input: SampleShape, isFlattened: Bool,
        dropoutIndex: UInt32
    ) throws {
        let check = LayerCheck(name: name, input: input, isFlattened: isFlattened)
        (operation, output, self.isFlattened) = (.flatten, input, isFlattened)
        switch kind {
        case .convolution(let convolution):
            let geometry = try check.geometry(convolution)
            (operation, output) = (.convolution(geometry, convolution), geometry.output)
        case .batchNorm(let norm):
            try check.isNotFlattenedImage()
            try check.require(
                norm.epsilon > 0 && (0...1).contains(norm.momentum),
                "an epsilon of \(norm.epsilon) and a momentum of \(norm.momentum); expected above 0, "
                    + "and from 0 to 1")
            operation = .batchNorm(norm)
        case .groupNorm(let norm):
            try check.isNotFlattenedImage()
            try check.require(
                norm.groups > 0 && input.channels % norm.groups == 0 && norm.epsilon > 0,
                "\(norm.groups) groups of \(input.channels) channels; the channels must divide evenly"
            )
            operation = .groupNorm(norm)
        case .layerNorm(let norm):
            try check.isNotFlattenedImage()
            try check.require(norm.epsilon > 0, "an epsilon of \(norm.epsilon); expected above 0")
            operation = .layerNorm(norm)
        case .activation(let activation): operation = .activation(activation)
        case .maxPool(let pooling):
            try check.isMaxPool(pooling)
            (operation, output) = (.maxPool(pooling), try check.pooled(pooling))
        case .averagePool(let pooling):
            (operation, output) = (.averagePool(pooling), try check.pooled(pooling))
        case .adaptiveAveragePool(let height, let width):
            try check.isImage()
            try check.isSize("an output", HeightWidth(height: height, width: width), least: 1)
            operation = .adaptiveAveragePool
            output = SampleShape(height: height, width: width, channels: input.channels)
        case .dropout(let rate):
            try check.rate(rate)
            operation = .dropout(rate: rate, index: dropoutIndex)
        case .dropout2d(let rate):
            try check.rate(rate)
            try check.isImage()
            operation = .dropout2d(rate: rate, index: dropoutIndex)
        case .flatten: self.isFlattened = true
        case .linear(let linear):
            try check.isFeatures()
            try check.isSize("outputs", linear.outputs)
            (operation, output) = (.linear(linear), SampleShape(features: linear.outputs))
            self.isFlattened = true
        case .custom(let custom):
            operation = .custom(custom)
            let layer = custom.make(name: name, input: input)
            let state = LayerState(layer)
            try check.isOwn(layer, state)
            (output, customState) = (layer.outputShape, state)
        case .sequence, .add, .concat: preconditionFailure("\(name): has layers of its own")
        }
        try output.check(layer: name)
    }
}

/// The questions that layers ask of their inputs.
private struct LayerCheck {
    let name: String
    let input: SampleShape
    let isFlattened: Bool

    func require(_ condition: Bool, _ problem: String) throws {
        if !condition { throw NetworkDescriptionError(layer: name, problem: problem) }
    }

    func isImage() throws {
        try require(
            !isFlattened, "works on images, and its input is flattened; put it before the flatten")
    }

    func isFeatures() throws {
        try require(
            isFlattened || input.pixels == 1,
            "works on features, and its input is an image of \(input); put a flatten before it")
    }

    /// Weights by element of a flattened image would lie in another order than PyTorch's.
    func isNotFlattenedImage() throws {
        try require(
            !(isFlattened && input.pixels > 1),
            "normalises an image of \(input) that was flattened; put it before the flatten, or behind "
                + "a linear layer")
    }

    func rate(_ rate: Double) throws {
        try require(
            rate >= 0 && rate < 1, "a rate of \(rate); expected from 0 to below 1")
    }

    /// A number that is small enough to be multiplied.
    func isSize(_ title: String, _ number: Int, least: Int = 1) throws {
        try require(
            (least...NetworkLimits.option).contains(number),
            "\(number) \(title); expected \(least) to \(NetworkLimits.option)")
    }

    func isSize(_ title: String, _ size: HeightWidth, least: Int) throws {
        let range = least...NetworkLimits.option
        try require(
            range.contains(size.height) && range.contains(size.width),
            "\(title) of \(size); expected \(least) to \(NetworkLimits.option)")
    }

    func geometry(_ convolution: LayerDescription.Convolution) throws -> ConvolutionGeometry {
        try isImage()
        let c = convolution
        try isSize("channels", c.channels)
        for (title, size, least) in [
            ("a kernel", c.kernel, 1), ("a stride", c.stride, 1), ("a padding", c.padding, 0),
            ("a dilation", c.dilation, 1),
        ] {
            try isSize(title, size, least: least)
        }
        let groups = c.isDepthwise ? input.channels : c.groups
        let channels = c.isDepthwise ? input.channels * c.channels : c.channels
        try require(
            groups > 0 && input.channels % groups == 0 && channels % groups == 0,
            "\(groups) groups of \(input.channels) input and \(channels) output channels; both must "
                + "divide evenly")
        let output = ConvolutionGeometry.output(
            input: input, outputChannels: channels, kernel: c.kernel, stride: c.stride,
            padding: c.padding, dilation: c.dilation, groups: groups)
        let reach = HeightWidth(
            height: c.dilation.height * (c.kernel.height - 1) + 1,
            width: c.dilation.width * (c.kernel.width - 1) + 1)
        guard output != nil else { throw doesNotFit(reach, c.padding) }
        try isComputable(c, channels: channels, groups: groups, output: output!)
        return ConvolutionGeometry(
            input: input, outputChannels: channels, kernel: c.kernel, stride: c.stride,
            padding: c.padding, dilation: c.dilation, groups: groups)
    }

    /// Whether the image with its border, the weights, and a group's unfolded patches can be held.
    private func isComputable(
        _ c: LayerDescription.Convolution, channels: Int, groups: Int, output: SampleShape
    ) throws {
        try output.check(layer: name)
        let patch = [c.kernel.height, c.kernel.width, input.channels / groups]
        let bordered = [
            input.height + 2 * c.padding.height, input.width + 2 * c.padding.width, input.channels,
        ]
        for (title, sizes, limit) in [
            ("weights", [channels] + patch, NetworkLimits.parameters),
            ("values of the image with its padding", bordered, NetworkLimits.values),
            ("values of unfolded patches", [output.pixels] + patch, NetworkLimits.values),
        ] {
            try require(
                NetworkLimits.product(sizes, atMost: limit) != nil,
                "\(sizes.map(String.init).joined(separator: "×")) \(title); expected at most \(limit)"
            )
        }
    }

    private func doesNotFit(
        _ window: HeightWidth, _ padding: HeightWidth
    ) -> NetworkDescriptionError {
        NetworkDescriptionError(
            layer: name,
            problem: "its window of \(window) doesn't fit an image of \(input) with a padding of "
                + "\(padding)")
    }

    /// A max-pool keeps the place of each window's winner in a byte.
    func isMaxPool(_ pooling: LayerDescription.Pooling) throws {
        let (kernel, limit) = (pooling.kernel, PoolGeometry.mostMaxPoolPlaces)
        try isSize("windows", kernel, least: 1)
        try require(
            kernel.height * kernel.width <= limit,
            "windows of \(kernel), which is \(kernel.height * kernel.width) places; a max-pool's "
                + "have at most \(limit), such as 16×16")
    }

    func pooled(_ pooling: LayerDescription.Pooling) throws -> SampleShape {
        try isImage()
        let (kernel, stride, padding) = (pooling.kernel, pooling.stride, pooling.padding)
        try isSize("windows", kernel, least: 1)
        try isSize("a stride", stride, least: 1)
        try require(
            padding.height >= 0 && padding.width >= 0 && padding.height <= kernel.height / 2
                && padding.width <= kernel.width / 2,
            "a padding of \(padding) for windows of \(kernel); expected at most half of them")
        guard
            let output = PoolGeometry.output(
                input, kernel: kernel, stride: stride, padding: padding)
        else { throw doesNotFit(kernel, padding) }
        return output
    }

    /// Whether a user's own layer is for this place, and its state is called after it.
    func isOwn(_ layer: any Layer, _ state: LayerState) throws {
        try require(
            layer.inputShape == input,
            "was built for an input of \(layer.inputShape), and is given \(input)")
        for tensor in state.all {
            try require(
                tensor.name.hasPrefix("\(name)."),
                "its parameter or buffer \(tensor.name) isn't called after it; expected a name that "
                    + "begins with \(name).")
        }
    }
}
