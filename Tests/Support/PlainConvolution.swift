/// A convolution that keeps height and width, by the obvious loops in double precision: what the
/// fast ones are compared with. Each function gives one element, so that a test may take a sample
/// of them.
///
/// Images are `[height, width, channels]`, weights `[size, size, inputs, outputs]`.
public struct PlainConvolution: Sendable {
    public let height: Int
    public let width: Int
    public let inputs: Int
    public let outputs: Int
    /// Of the window; odd.
    public let size: Int

    public init(height: Int, width: Int, inputs: Int, outputs: Int, size: Int) {
        precondition(size % 2 == 1, "a window of \(size)")
        (self.height, self.width, self.size) = (height, width, size)
        (self.inputs, self.outputs) = (inputs, outputs)
    }

    public var inputCount: Int { height * width * inputs }
    public var outputCount: Int { height * width * outputs }
    public var weightCount: Int { size * size * inputs * outputs }

    /// y[row, column, o] = Σ x[row − p + ky, column − p + kx, c] · w[ky, kx, c, o]
    public func output(_ index: Int, x: [Float], weights: [Float]) -> Double {
        let (row, column, output) = place(index, channels: outputs)
        var sum = 0.0
        forEachTap { ky, kx in
            guard let pixel = pixel(row + ky - size / 2, column + kx - size / 2) else { return }
            let tap = (ky * size + kx) * inputs
            for c in 0..<inputs {
                sum +=
                    Double(x[pixel * inputs + c]) * Double(weights[(tap + c) * outputs + output])
            }
        }
        return sum
    }

    /// dx[row, column, c] = Σ dy[row + p − ky, column + p − kx, o] · w[ky, kx, c, o]
    public func inputGradient(_ index: Int, dy: [Float], weights: [Float]) -> Double {
        let (row, column, input) = place(index, channels: inputs)
        var sum = 0.0
        forEachTap { ky, kx in
            guard let pixel = pixel(row + size / 2 - ky, column + size / 2 - kx) else { return }
            let tap = ((ky * size + kx) * inputs + input) * outputs
            for o in 0..<outputs {
                sum += Double(dy[pixel * outputs + o]) * Double(weights[tap + o])
            }
        }
        return sum
    }

    /// dW[ky, kx, c, o] = Σ x[row − p + ky, column − p + kx, c] · dy[row, column, o], over samples.
    public func weightGradient(_ index: Int, x: [[Float]], dy: [[Float]]) -> Double {
        weightGradient(index, x: x) { sample, pixel, output in
            Double(dy[sample][pixel * outputs + output])
        }
    }

    /// The same with gradients in double precision, by sample, pixel and output.
    public func weightGradient(
        _ index: Int, x: [[Float]], dy: (_ sample: Int, _ pixel: Int, _ output: Int) -> Double
    ) -> Double {
        let (tap, channels) = (index / (inputs * outputs), index % (inputs * outputs))
        let (input, output) = (channels / outputs, channels % outputs)
        let (ky, kx) = (tap / size, tap % size)
        var sum = 0.0
        for sample in x.indices {
            for row in 0..<height {
                for column in 0..<width {
                    guard let seen = pixel(row + ky - size / 2, column + kx - size / 2) else {
                        continue
                    }
                    sum +=
                        Double(x[sample][seen * inputs + input])
                        * dy(sample, row * width + column, output)
                }
            }
        }
        return sum
    }

    private func place(_ index: Int, channels: Int) -> (row: Int, column: Int, channel: Int) {
        let pixel = index / channels
        return (pixel / width, pixel % width, index % channels)
    }

    private func pixel(_ row: Int, _ column: Int) -> Int? {
        row >= 0 && row < height && column >= 0 && column < width ? row * width + column : nil
    }

    private func forEachTap(_ body: (_ ky: Int, _ kx: Int) -> Void) {
        for ky in 0..<size {
            for kx in 0..<size { body(ky, kx) }
        }
    }
}
