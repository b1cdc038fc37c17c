import LinearAlgebra

/// A model's state in PyTorch's names, shapes and element order.
public struct StateDictionary: Equatable, Sendable {
    public enum Values: Equatable, Sendable {
        case floats([Float])
        case integers([Int64])

        public var count: Int {
            switch self {
            case .floats(let values): values.count
            case .integers(let values): values.count
            }
        }

        var areIntegers: Bool { if case .integers = self { true } else { false } }
    }

    public struct Entry: Equatable, Sendable {
        public let name: String
        public let shape: [Int]
        public let values: Values

        public init(name: String, shape: [Int], values: Values) {
            precondition(
                shape.reduce(1, *) == values.count, "\(name): \(shape) for \(values.count)")
            self.name = name
            self.shape = shape
            self.values = values
        }
    }

    public var entries: [Entry]

    public init(_ entries: [Entry] = []) { self.entries = entries }

    public subscript(name: String) -> Entry? { entries.first { $0.name == name } }
}

extension Network {
    /// Weights and running statistics as PyTorch's `state_dict` would hold them.
    public func stateDictionary() -> StateDictionary {
        var state = StateDictionary()
        for layer in layers {
            state.entries += layer.parameters.map {
                .init(name: $0.name, shape: $0.layout.shape, values: .floats($0.exportedValue))
            }
            state.entries += layer.buffers.map(\.entry)
        }
        return state
    }

    /// Sets weights and running statistics.
    ///
    /// - Throws: `StateDictionaryError` for a missing, surplus or misshapen tensor; the network
    ///   is unchanged then.
    public func load(_ state: StateDictionary) throws {
        try check(state)
        for parameter in parameters {
            guard case .floats(let values)? = state[parameter.name]?.values else { continue }
            parameter.setValue(values)
        }
        for buffer in buffers { buffer.set(state[buffer.name]!.values) }
    }

    private func check(_ state: StateDictionary) throws {
        let expected = stateLayout
        for item in expected {
            guard let found = state[item.name] else {
                throw StateDictionaryError.missing(name: item.name, shape: item.shape)
            }
            guard found.shape == item.shape else {
                throw StateDictionaryError.misshapen(
                    name: item.name, shape: found.shape, expected: item.shape)
            }
            guard found.values.areIntegers == item.isInteger else {
                throw StateDictionaryError.wrongType(name: item.name)
            }
        }
        let names = Set(expected.map(\.name))
        for entry in state.entries where !names.contains(entry.name) {
            throw StateDictionaryError.surplus(name: entry.name, shape: entry.shape)
        }
    }
}

extension ConfiguredNetwork {
    /// The network's weights and running statistics.
    public func stateDictionary() -> StateDictionary { network.stateDictionary() }

    /// Sets weights and running statistics.
    ///
    /// - Throws: as `Network.load`.
    public func load(_ state: StateDictionary) throws { try network.load(state) }
}

/// Why a state doesn't fit a model.
public enum StateDictionaryError: Error, Equatable, CustomStringConvertible {
    case missing(name: String, shape: [Int])
    case surplus(name: String, shape: [Int])
    case misshapen(name: String, shape: [Int], expected: [Int])
    case wrongType(name: String)

    public var description: String {
        switch self {
        case .missing(let name, let shape):
            "\(name): missing; the network asks for a tensor of shape \(shape)"
        case .surplus(let name, let shape):
            "\(name): a tensor of shape \(shape) that the network has no place for"
        case .misshapen(let name, let shape, let expected):
            "\(name): checkpoint has \(shape), model expects \(expected). Use the config that it was trained with."
        case .wrongType(let name):
            "\(name): floats where integers are expected, or the reverse"
        }
    }
}

extension StateBuffer {
    fileprivate var entry: StateDictionary.Entry {
        switch content {
        case .floats(let slice):
            .init(name: name, shape: [slice.count], values: .floats(slice.array))
        case .integer(let value):
            .init(name: name, shape: [], values: .integers([value]))
        }
    }

    fileprivate func set(_ values: StateDictionary.Values) {
        switch (content, values) {
        case (.floats(let slice), .floats(let values)): slice.update(from: values)
        case (.integer, .integers(let values)): content = .integer(values[0])
        default: preconditionFailure("\(name): checked before")
        }
    }
}
