import Kernels
import LinearAlgebra

/// The output of one of DigitCNN's convolutions, on its way through batch norm, ReLU and pool.
struct MapShape {
    let name: String
    let shape: SampleShape
    let isPooled: Bool

    static let conv1 = MapShape(
        name: "conv1", shape: SampleShape(height: 28, width: 28, channels: 32), isPooled: true)
    static let conv2 = MapShape(
        name: "conv2", shape: SampleShape(height: 14, width: 14, channels: 64), isPooled: true)
    static let conv3 = MapShape(
        name: "conv3", shape: SampleShape(height: 7, width: 7, channels: 128), isPooled: false)

    var pooled: SampleShape {
        SampleShape(height: shape.height / 2, width: shape.width / 2, channels: shape.channels)
    }

    /// `conv2 forward N1 14×14×64`
    func title(_ pass: String, samples: Int = 1) -> String {
        "\(name) \(pass) N\(samples) \(shape)"
    }
}

/// Batch norm's constants by channel, and the gradient's.
struct NormValues {
    let constants: NormConstants
    let gradient: NormGradientConstants

    init(channels: Int) {
        var values = TestValues(seed: 3)
        constants = NormConstants(
            mean: values.floats(channels), scale: values.floats(channels),
            shift: values.floats(channels))
        gradient = NormGradientConstants(
            a: values.floats(channels), b: values.floats(channels), d: values.floats(channels))
    }

    // The same in double precision, by channel.
    func normalized(_ x: Double, _ channel: Int) -> Double {
        x * Double(constants.scale[channel]) + Double(constants.shift[channel])
    }
    func deviation(_ x: Double, _ channel: Int) -> Double {
        x - Double(constants.mean[channel])
    }
    /// a·g + b·(x − mean) + d
    func inputGradient(_ g: Double, _ x: Double, _ channel: Int) -> Double {
        Double(gradient.a[channel]) * g + Double(gradient.b[channel]) * deviation(x, channel)
            + Double(gradient.d[channel])
    }
}

/// Values `[height, width, channels]` in double precision: what references read.
struct PlainMap {
    let shape: SampleShape
    var values: [Double]

    init(_ shape: SampleShape, _ values: [Double]) {
        precondition(values.count == shape.count)
        self.shape = shape
        self.values = values
    }

    /// Computed value by value.
    init(_ shape: SampleShape, _ value: (_ index: Int, _ channel: Int) -> Double) {
        self.init(shape, (0..<shape.count).map { value($0, $0 % shape.channels) })
    }

    /// The four values of a 2×2 window, in order.
    func window(_ index: Int) -> [Double] { windowPlaces(index).map { values[$0] } }

    /// Where they lie; `index` counts the pooled map's values.
    func windowPlaces(_ index: Int) -> [Int] {
        let channel = index % shape.channels
        let pixel = index / shape.channels
        let columns = shape.width / 2
        let (row, column) = (2 * (pixel / columns), 2 * (pixel % columns))
        return (0..<4).map {
            ((row + $0 / 2) * shape.width + column + $0 % 2) * shape.channels + channel
        }
    }

    /// Σ f(value index) by channel.
    func sums(_ value: (_ index: Int, _ channel: Int) -> Double) -> [Double] {
        var sums = [Double](repeating: 0, count: shape.channels)
        for index in 0..<shape.count {
            sums[index % shape.channels] += value(index, index % shape.channels)
        }
        return sums
    }
}
