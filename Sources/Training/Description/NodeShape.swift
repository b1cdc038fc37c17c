import Kernels

/// What a layer becomes for an input of a shape: its operation with its geometry, and its output.
struct NodeShape {
    var operation: NetworkGraph.Operation
    var output: SampleShape
    var isFlattened: Bool

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
            (operation, output) = (.maxPool(pooling), try check.pooled(pooling))
        case .averagePool(let pooling):
            (operation, output) = (.averagePool(pooling), try check.pooled(pooling))
        case .adaptiveAveragePool(let height, let width):
            try check.isImage()
            try check.require(height > 0 && width > 0, "an output of \(height)×\(width)")
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
            try check.require(linear.outputs > 0, "\(linear.outputs) outputs; expected 1 or more")
            (operation, output) = (.linear(linear), SampleShape(features: linear.outputs))
            self.isFlattened = true
        case .custom(let custom):
            operation = .custom(custom)
            output = custom.make(name: name, input: input).outputShape
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

    func geometry(_ convolution: LayerDescription.Convolution) throws -> ConvolutionGeometry {
        try isImage()
        let c = convolution
        let groups = c.isDepthwise ? input.channels : c.groups
        let channels = c.isDepthwise ? input.channels * c.channels : c.channels
        try require(c.channels > 0, "\(c.channels) channels; expected 1 or more")
        try require(
            groups > 0 && input.channels % groups == 0 && channels % groups == 0,
            "\(groups) groups of \(input.channels) input and \(channels) output channels; both must "
                + "divide evenly")
        for (title, extent, least) in [
            ("kernel", c.kernel, 1), ("stride", c.stride, 1), ("padding", c.padding, 0),
            ("dilation", c.dilation, 1),
        ] {
            try require(
                extent.height >= least && extent.width >= least,
                "a \(title) of \(extent); expected \(least) or more")
        }
        let reach = HeightWidth(
            height: c.dilation.height * (c.kernel.height - 1) + 1,
            width: c.dilation.width * (c.kernel.width - 1) + 1)
        try fits(reach, c.padding)
        return ConvolutionGeometry(
            input: input, outputChannels: channels, kernel: c.kernel, stride: c.stride,
            padding: c.padding, dilation: c.dilation, groups: groups)
    }

    private func fits(_ window: HeightWidth, _ padding: HeightWidth) throws {
        try require(
            input.height + 2 * padding.height >= window.height
                && input.width + 2 * padding.width >= window.width,
            "its window of \(window) doesn't fit an image of \(input) with a padding of \(padding)")
    }

    func pooled(_ pooling: LayerDescription.Pooling) throws -> SampleShape {
        try isImage()
        let (kernel, stride, padding) = (pooling.kernel, pooling.stride, pooling.padding)
        try require(
            kernel.height > 0 && kernel.width > 0 && stride.height > 0 && stride.width > 0,
            "windows of \(kernel) with a stride of \(stride); expected 1 or more")
        try require(
            kernel.height * kernel.width <= 256, "windows of \(kernel); expected up to 16×16")
        try require(
            padding.height >= 0 && padding.width >= 0 && 2 * padding.height <= kernel.height
                && 2 * padding.width <= kernel.width,
            "a padding of \(padding) for windows of \(kernel); expected at most half of them")
        try fits(kernel, padding)
        return SampleShape(
            height: (input.height + 2 * padding.height - kernel.height) / stride.height + 1,
            width: (input.width + 2 * padding.width - kernel.width) / stride.width + 1,
            channels: input.channels)
    }
}
