import Kernels
import LinearAlgebra

/// A trainable array: its value and its gradient, in the engine's layout.
///
/// The memory belongs to the network, where all parameters lie in one buffer; until then it is the
/// parameter's own.
public final class Parameter {
    /// PyTorch's name in a `state_dict`, such as `conv1.weight`.
    public let name: String
    public let layout: ParameterLayout
    /// Elements.
    public let count: Int
    public private(set) var value: FloatSlice
    public private(set) var gradient: FloatSlice

    /// All zero at first.
    public init(name: String, layout: ParameterLayout) {
        self.name = name
        self.layout = layout
        count = layout.count
        value = FloatBuffer(count: count).all
        gradient = FloatBuffer(count: count).all
    }

    /// The values in PyTorch's order.
    public var exportedValue: [Float] { layout.exported(value.array) }
    public var exportedGradient: [Float] { layout.exported(gradient.array) }

    /// Sets the values from PyTorch's order.
    public func setValue(_ exported: [Float]) {
        wasSet = true
        value.update(from: layout.imported(exported))
    }

    /// Whether somebody gave it values, be they all zero.
    var hasValues: Bool { wasSet || (0..<count).contains { value[$0] != 0 } }
    var wasSet = false

    /// Moves value and gradient into the network's buffers.
    func move(value newValue: FloatSlice, gradient newGradient: FloatSlice) {
        newValue.update(from: value)
        newGradient.update(from: gradient)
        value = newValue
        gradient = newGradient
    }

    /// Draws PyTorch's default initialisation, uniform in ±1/√fanIn, element by element in
    /// PyTorch's order.
    ///
    /// Kaiming-uniform with a = √5 has the bound √(6 / ((1 + a²)·fanIn)) = 1/√fanIn for weights;
    /// biases use the same bound. Source: torch.nn.modules.conv, torch.nn.modules.linear (2.15).
    func initializeUniform(fanIn: Int, stream: UInt32, _ random: Philox) {
        setUniform(bound: 1 / Float(fanIn).squareRoot(), stream: stream, random)
    }

    /// Draws values uniform in ±bound.
    func setUniform(bound: Float, stream: UInt32, _ random: Philox) {
        var values = [Float](repeating: 0, count: count)
        for block in 0..<(count + 3) / 4 {
            let draws = random.uniform(
                SIMD4(UInt32(block), stream, 0, RandomPurpose.initialization))
            for lane in 0..<min(4, count - block * 4) {
                values[block * 4 + lane] = (2 * draws[lane] - 1) * bound
            }
        }
        setValue(values)
    }
}

/// A value that is part of a model's state and not trained.
public final class StateBuffer {
    public enum Content {
        case floats(FloatSlice)
        /// A count, stored as int64.
        case integer(Int64)
    }

    public let name: String
    public var content: Content

    public init(name: String, content: Content) {
        self.name = name
        self.content = content
    }
}

/// How a parameter's elements are ordered in the engine, and how in PyTorch.
public enum ParameterLayout: Equatable, Sendable {
    /// The same in both.
    case plain([Int])
    /// PyTorch `[O, C, kH, kW]`, engine `[kH, kW, C, O]`: the right-hand side of im2col's GEMM.
    case convolution(outputs: Int, inputs: Int, kernelHeight: Int, kernelWidth: Int)
    /// PyTorch `[C, H, W]`, engine `[H, W, C]`: a value for each of an image's elements.
    case image(SampleShape)
    /// `[O, I]` where the inputs are a flattened image: PyTorch flattens C·H·W, the engine H·W·C.
    case linearOfImage(outputs: Int, image: SampleShape)

    /// PyTorch's shape.
    public var shape: [Int] {
        switch self {
        case .plain(let shape): shape
        case .image(let image): [image.channels, image.height, image.width]
        case .convolution(let o, let c, let kH, let kW): [o, c, kH, kW]
        case .linearOfImage(let o, let image): [o, image.count]
        }
    }

    public var count: Int { shape.reduce(1, *) }

    func exported(_ engine: [Float]) -> [Float] {
        var result = [Float](repeating: 0, count: count)
        forEachPair { engineIndex, exportedIndex in result[exportedIndex] = engine[engineIndex] }
        return result
    }

    func imported(_ exported: [Float]) -> [Float] {
        precondition(exported.count == count, "\(exported.count) values for shape \(shape)")
        var result = [Float](repeating: 0, count: count)
        forEachPair { engineIndex, exportedIndex in result[engineIndex] = exported[exportedIndex] }
        return result
    }

    private func forEachPair(_ body: (_ engine: Int, _ exported: Int) -> Void) {
        switch self {
        case .plain:
            for index in 0..<count { body(index, index) }
        case .image(let image):
            for channel in 0..<image.channels {
                for pixel in 0..<image.pixels {
                    body(pixel * image.channels + channel, channel * image.pixels + pixel)
                }
            }
        case .convolution(let o, let c, let kH, let kW):
            let positions = kH * kW
            for output in 0..<o {
                for channel in 0..<c {
                    for position in 0..<positions {
                        body(
                            (position * c + channel) * o + output,
                            (output * c + channel) * positions + position)
                    }
                }
            }
        case .linearOfImage(let o, let image):
            let (pixels, channels) = (image.pixels, image.channels)
            for output in 0..<o {
                let row = output * image.count
                for channel in 0..<channels {
                    for pixel in 0..<pixels {
                        body(row + pixel * channels + channel, row + channel * pixels + pixel)
                    }
                }
            }
        }
    }
}
