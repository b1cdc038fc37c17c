import Kernels
import LinearAlgebra

/// Patches of an image for the reference convolution, and transposed matrices.
enum UnfoldCases {
    static var all: [KernelCase] {
        geometries.map { im2colCase($0.name, $0.geometry) }
            + geometries.dropFirst().map { col2imCase($0.name, $0.geometry) }
            + [
                transposeCase("fc1 forward 1152→16 of 256", rows: 16, columns: 1152, stride: 256),
                transposeCase("conv2 data gradient 32→16 of 64", rows: 32, columns: 16, stride: 32),
            ]
    }

    private static let geometries = [
        (name: "conv1", geometry: geometry(side: 28, inputs: 1, outputs: 32, kernel: 5)),
        (name: "conv2", geometry: geometry(side: 14, inputs: 32, outputs: 64, kernel: 5)),
        (name: "conv3", geometry: geometry(side: 7, inputs: 64, outputs: 128, kernel: 3)),
    ]

    private static func geometry(
        side: Int, inputs: Int, outputs: Int, kernel: Int
    ) -> ConvolutionGeometry {
        ConvolutionGeometry(
            input: SampleShape(height: side, width: side, channels: inputs),
            outputChannels: outputs, kernelHeight: kernel, kernelWidth: kernel, padding: kernel / 2)
    }

    private static func im2colCase(_ name: String, _ geometry: ConvolutionGeometry) -> KernelCase {
        KernelCase(
            name: "\(name) forward N1 \(geometry.input) k\(geometry.kernelHeight): im2col",
            bytes: 4 * Double(geometry.input.count + geometry.colCount),
            prepare: {
                var values = TestValues(seed: 12)
                let image = values.floats(geometry.input.count)
                let col = FloatBuffer(count: geometry.colCount).all
                return KernelRun(
                    call: { im2col(image, geometry, into: col) }, results: { [col.doubles] },
                    expected: { [patches(image.doubles, geometry)] }, tolerance: 0)
            })
    }

    private static func col2imCase(_ name: String, _ geometry: ConvolutionGeometry) -> KernelCase {
        KernelCase(
            name: "\(name) data gradient N1 \(geometry.input) k\(geometry.kernelHeight): col2im",
            bytes: 4 * Double(2 * geometry.input.count + geometry.colCount),
            prepare: {
                var values = TestValues(seed: 13)
                let col = values.floats(geometry.colCount)
                let image = FloatBuffer(count: geometry.input.count).all
                return KernelRun(
                    reset: { image.fill(0) },
                    call: { col2im(col, geometry, addingTo: image) },
                    results: { [image.doubles] },
                    expected: {
                        var image = [Double](repeating: 0, count: geometry.input.count)
                        for (place, value) in zip(patchPlaces(geometry), col.doubles) {
                            if let place { image[place] += value }
                        }
                        return [image]
                    })
            })
    }

    private static func transposeCase(
        _ name: String, rows: Int, columns: Int, stride: Int
    ) -> KernelCase {
        KernelCase(
            name: "\(name): transpose", bytes: 8 * Double(rows * columns),
            prepare: {
                var values = TestValues(seed: 14)
                let x = values.floats(rows * columns)
                let y = FloatBuffer(count: (columns - 1) * stride + rows).all
                return KernelRun(
                    call: {
                        transpose(
                            x, rows: rows, columns: columns, stride: columns, into: y,
                            stride: stride)
                    },
                    results: {
                        [
                            (0..<columns).flatMap { column in
                                y.slice(column * stride, count: rows).doubles
                            }
                        ]
                    },
                    expected: {
                        [
                            (0..<columns).flatMap { column in
                                (0..<rows).map { Double(x[$0 * columns + column]) }
                            }
                        ]
                    }, tolerance: 0)
            })
    }

    /// `[outH·outW, kH·kW·C]`, zero outside the image.
    static func patches(_ image: [Double], _ geometry: ConvolutionGeometry) -> [Double] {
        patchPlaces(geometry).map { $0.map { image[$0] } ?? 0 }
    }

    /// Which of the image's values each of the patches' is; nil outside.
    private static func patchPlaces(_ g: ConvolutionGeometry) -> [Int?] {
        var places: [Int?] = []
        places.reserveCapacity(g.colCount)
        for pixel in 0..<g.output.pixels {
            for tap in 0..<g.kernelHeight * g.kernelWidth {
                let y = pixel / g.outputWidth - g.paddings.height + tap / g.kernelWidth
                let x = pixel % g.outputWidth - g.paddings.width + tap % g.kernelWidth
                let isInside =
                    (0..<g.input.height).contains(y) && (0..<g.input.width).contains(x)
                let first = (y * g.input.width + x) * g.input.channels
                for channel in 0..<g.input.channels {
                    places.append(isInside ? first + channel : nil)
                }
            }
        }
        return places
    }
}
