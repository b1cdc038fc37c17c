import LinearAlgebra

/// A copy of a network's weights and running statistics, kept in memory that is taken once.
final class ModelSnapshot {
    private let parameters: FloatSlice
    private var buffers: [BufferCopy]

    private enum BufferCopy {
        case floats(FloatSlice)
        case integer(Int64)
    }

    /// Takes a copy of the network as it is.
    init(_ network: Network) {
        parameters = FloatBuffer(count: network.parameterValues.count).all
        buffers = network.buffers.map { buffer in
            switch buffer.content {
            case .floats(let slice): .floats(FloatBuffer(count: slice.count).all)
            case .integer(let value): .integer(value)
            }
        }
        take(network)
    }

    /// Replaces the copy by the network as it is now.
    func take(_ network: Network) {
        parameters.update(from: network.parameterValues)
        for (index, buffer) in network.buffers.enumerated() {
            switch (buffer.content, buffers[index]) {
            case (.floats(let slice), .floats(let copy)): copy.update(from: slice)
            case (.integer(let value), _): buffers[index] = .integer(value)
            default: preconditionFailure("a snapshot of another network")
            }
        }
    }

    /// Puts the copy back.
    func restore(_ network: Network) {
        network.parameterValues.update(from: parameters)
        for (index, buffer) in network.buffers.enumerated() {
            switch (buffer.content, buffers[index]) {
            case (.floats(let slice), .floats(let copy)): slice.update(from: copy)
            case (_, .integer(let value)): buffer.content = .integer(value)
            default: preconditionFailure("a snapshot of another network")
            }
        }
    }
}
