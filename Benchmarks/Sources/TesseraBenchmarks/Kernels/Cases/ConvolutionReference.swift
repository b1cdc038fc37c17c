/// A convolution that keeps height and width, straight from its definition, in double precision.
struct ConvolutionReference {
    let side: Int
    let inputs: Int
    let outputs: Int
    let kernelSize: Int

    /// y[p, o] = Σ x[p + tap, c] · w[tap, c, o]; images `[side, side, channels]`, weights
    /// `[k, k, C, O]`.
    func forward(_ x: [Double], _ w: [Double]) -> [Double] {
        var y = [Double](repeating: 0, count: side * side * outputs)
        forEachTap { from, to, tap in
            for c in 0..<inputs {
                let value = x[from * inputs + c]
                let row = (tap * inputs + c) * outputs
                for o in 0..<outputs { y[to * outputs + o] += value * w[row + o] }
            }
        }
        return y
    }

    /// dx[p + tap, c] += Σ dy[p, o] · w[tap, c, o]
    func dataGradient(_ dy: [Double], _ w: [Double]) -> [Double] {
        var dx = [Double](repeating: 0, count: side * side * inputs)
        forEachTap { from, to, tap in
            for c in 0..<inputs {
                let row = (tap * inputs + c) * outputs
                var sum = 0.0
                for o in 0..<outputs { sum += dy[to * outputs + o] * w[row + o] }
                dx[from * inputs + c] += sum
            }
        }
        return dx
    }

    /// dw[tap, c, o] += x[p + tap, c] · dy[p, o]
    func weightGradient(_ x: [Double], _ dy: [Double]) -> [Double] {
        var dw = [Double](repeating: 0, count: kernelSize * kernelSize * inputs * outputs)
        forEachTap { from, to, tap in
            for c in 0..<inputs {
                let value = x[from * inputs + c]
                let row = (tap * inputs + c) * outputs
                for o in 0..<outputs { dw[row + o] += value * dy[to * outputs + o] }
            }
        }
        return dw
    }

    /// Each pair of an input and an output pixel that a tap joins.
    private func forEachTap(_ body: (_ from: Int, _ to: Int, _ tap: Int) -> Void) {
        let border = kernelSize / 2
        for row in 0..<side {
            for column in 0..<side {
                for tap in 0..<kernelSize * kernelSize {
                    let y = row + tap / kernelSize - border
                    let x = column + tap % kernelSize - border
                    guard (0..<side).contains(y) && (0..<side).contains(x) else { continue }
                    body(y * side + x, row * side + column, tap)
                }
            }
        }
    }
}
