import Kernels

/// Written as people write networks in YAML: a layer without options is a word, another one a word with
/// its options, of which those that have their defaults are left out.
///
///     - conv2d: {name: conv1, channels: 32, kernel: 5, padding: 2}
///     - relu
///     - residual: {body: [...], shortcut: [...]}
extension LayerDescription: Codable {
    public init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(String.self) {
            guard let kind = Kind(word: word) else {
                throw DecodingError.layer(decoder.codingPath, LayerWord.unknown(word))
            }
            self.init(kind)
            return
        }
        let container = try decoder.container(keyedBy: LayerKey.self)
        guard let key = container.allKeys.first, container.allKeys.count == 1 else {
            let words = container.allKeys.map(\.stringValue).sorted()
            throw DecodingError.layer(
                decoder.codingPath,
                words.isEmpty
                    ? "a layer without a word that says what it is"
                    : "a layer of several words, \(words.joined(separator: ", ")); one each")
        }
        let fields = try LayerFields(
            container.nestedContainer(keyedBy: LayerKey.self, forKey: key), key.stringValue)
        self.init(try Kind(fields), name: try fields.optional("name"))
        try fields.checkAllAreKnown()
    }

    public func encode(to encoder: any Encoder) throws {
        if name == nil, let word = kind.word {
            var container = encoder.singleValueContainer()
            try container.encode(word)
            return
        }
        var container = encoder.container(keyedBy: LayerKey.self)
        var fields = LayerWriter(
            container.nestedContainer(keyedBy: LayerKey.self, forKey: LayerKey(kind.title)))
        try fields.write("name", name)
        try kind.write(&fields)
    }
}

// MARK: - Words

/// What layers are called in files.
enum LayerWord: String, CaseIterable {
    case conv2d
    case depthwiseConv2d = "depthwise_conv2d"
    case batchNorm = "batch_norm"
    case groupNorm = "group_norm"
    case layerNorm = "layer_norm"
    case relu
    case leakyReLU = "leaky_relu"
    case gelu
    case geluTanh = "gelu_tanh"
    case silu, sigmoid, tanh
    case maxPool = "max_pool"
    case averagePool = "average_pool"
    case adaptiveAveragePool = "adaptive_average_pool"
    case globalAveragePool = "global_average_pool"
    case dropout, dropout2d, flatten, linear, sequence, residual, add, concat

    static func unknown(_ word: String) -> String {
        "a layer \(word); the layers are \(allCases.map(\.rawValue).joined(separator: ", "))"
    }
}

extension LayerDescription.Kind {
    /// The layer that a word alone stands for.
    fileprivate init?(word: String) {
        switch LayerWord(rawValue: word) {
        case .batchNorm: self = .batchNorm(.init())
        case .layerNorm: self = .layerNorm(.init())
        case .relu: self = .activation(.relu)
        case .leakyReLU: self = .activation(.leakyReLU(slope: 0.01))
        case .gelu: self = .activation(.gelu)
        case .geluTanh: self = .activation(.geluTanh)
        case .silu: self = .activation(.silu)
        case .sigmoid: self = .activation(.sigmoid)
        case .tanh: self = .activation(.tanh)
        case .globalAveragePool: self = .adaptiveAveragePool(height: 1, width: 1)
        case .flatten: self = .flatten
        default: return nil
        }
    }

    /// The word that alone stands for it, if there is one.
    fileprivate var word: String? {
        Self(word: title) == self
            ? title
            : self == .adaptiveAveragePool(height: 1, width: 1)
                ? LayerWord.globalAveragePool.rawValue : nil
    }

    fileprivate var title: String {
        if case .custom(let custom) = self { return custom.title }
        let word: LayerWord =
            switch self {
            case .convolution(let convolution):
                convolution.isDepthwise ? .depthwiseConv2d : .conv2d
            case .batchNorm: .batchNorm
            case .groupNorm: .groupNorm
            case .layerNorm: .layerNorm
            case .activation(.relu): .relu
            case .activation(.leakyReLU): .leakyReLU
            case .activation(.gelu): .gelu
            case .activation(.geluTanh): .geluTanh
            case .activation(.silu): .silu
            case .activation(.sigmoid): .sigmoid
            case .activation(.tanh): .tanh
            case .maxPool: .maxPool
            case .averagePool: .averagePool
            case .adaptiveAveragePool: .adaptiveAveragePool
            case .dropout: .dropout
            case .dropout2d: .dropout2d
            case .flatten: .flatten
            case .linear: .linear
            case .sequence: .sequence
            case .add(let branches): branches.count == 2 ? .residual : .add
            case .concat: .concat
            case .custom: preconditionFailure("called by its own title")
            }
        return word.rawValue
    }
}

// MARK: - Options

extension LayerDescription.Kind {
    fileprivate init(_ fields: LayerFields) throws {
        guard let word = LayerWord(rawValue: fields.word) else {
            throw DecodingError.layer(fields.path, LayerWord.unknown(fields.word))
        }
        switch word {
        case .conv2d, .depthwiseConv2d:
            let isDepthwise = word == .depthwiseConv2d
            self = .convolution(
                .init(
                    channels: isDepthwise
                        ? try fields.optional("multiplier") ?? 1 : try fields.required("channels"),
                    kernel: try fields.required("kernel"),
                    stride: try fields.optional("stride") ?? 1,
                    padding: try fields.optional("padding") ?? 0,
                    dilation: try fields.optional("dilation") ?? 1,
                    groups: isDepthwise ? 1 : try fields.optional("groups") ?? 1,
                    isDepthwise: isDepthwise, hasBias: try fields.optional("bias") ?? true,
                    initialization: try fields.optional("initialization") ?? .standard))
        case .batchNorm:
            self = .batchNorm(
                .init(
                    epsilon: try fields.optional("epsilon") ?? 1e-5,
                    momentum: try fields.optional("momentum") ?? 0.1))
        case .groupNorm:
            self = .groupNorm(
                .init(
                    groups: try fields.required("groups"),
                    epsilon: try fields.optional("epsilon") ?? 1e-5))
        case .layerNorm:
            self = .layerNorm(.init(epsilon: try fields.optional("epsilon") ?? 1e-5))
        case .leakyReLU:
            self = .activation(.leakyReLU(slope: try fields.optional("slope") ?? 0.01))
        case .maxPool: self = .maxPool(try fields.pooling())
        case .averagePool: self = .averagePool(try fields.pooling())
        case .adaptiveAveragePool:
            let size: HeightWidth = try fields.required("size")
            self = .adaptiveAveragePool(height: size.height, width: size.width)
        case .dropout: self = .dropout(rate: try fields.required("rate"))
        case .dropout2d: self = .dropout2d(rate: try fields.required("rate"))
        case .linear:
            self = .linear(
                .init(
                    outputs: try fields.required("outputs"),
                    hasBias: try fields.optional("bias") ?? true,
                    initialization: try fields.optional("initialization") ?? .standard))
        case .sequence: self = .sequence(try fields.required("layers"))
        case .residual:
            self = .add([
                try fields.required("body"), try fields.optional("shortcut") ?? [],
            ])
        case .add: self = .add(try fields.required("branches"))
        case .concat: self = .concat(try fields.required("branches"))
        case .relu, .gelu, .geluTanh, .silu, .sigmoid, .tanh, .globalAveragePool, .flatten:
            self = Self(word: fields.word)!
        }
    }

    fileprivate func write(_ fields: inout LayerWriter) throws {
        switch self {
        case .convolution(let c):
            if c.isDepthwise {
                try fields.write("multiplier", c.channels, unless: 1)
            } else {
                try fields.write("channels", c.channels)
            }
            try fields.write("kernel", c.kernel)
            try fields.write("stride", c.stride, unless: 1)
            try fields.write("padding", c.padding, unless: 0)
            try fields.write("dilation", c.dilation, unless: 1)
            try fields.write("groups", c.groups, unless: 1)
            try fields.write("bias", c.hasBias, unless: true)
            try fields.write("initialization", c.initialization, unless: .standard)
        case .batchNorm(let norm):
            try fields.write("epsilon", norm.epsilon, unless: 1e-5)
            try fields.write("momentum", norm.momentum, unless: 0.1)
        case .groupNorm(let norm):
            try fields.write("groups", norm.groups)
            try fields.write("epsilon", norm.epsilon, unless: 1e-5)
        case .layerNorm(let norm): try fields.write("epsilon", norm.epsilon, unless: 1e-5)
        case .activation(.leakyReLU(let slope)): try fields.write("slope", slope, unless: 0.01)
        case .activation, .flatten: break
        case .maxPool(let pooling), .averagePool(let pooling):
            try fields.write("kernel", pooling.kernel)
            try fields.write("stride", pooling.stride, unless: pooling.kernel)
            try fields.write("padding", pooling.padding, unless: 0)
        case .adaptiveAveragePool(let height, let width):
            try fields.write("size", HeightWidth(height: height, width: width))
        case .dropout(let rate), .dropout2d(let rate): try fields.write("rate", rate)
        case .linear(let linear):
            try fields.write("outputs", linear.outputs)
            try fields.write("bias", linear.hasBias, unless: true)
            try fields.write("initialization", linear.initialization, unless: .standard)
        case .sequence(let layers): try fields.write("layers", layers)
        case .add(let branches) where branches.count == 2:
            try fields.write("body", branches[0])
            try fields.write("shortcut", branches[1], unless: [])
        case .add(let branches), .concat(let branches): try fields.write("branches", branches)
        case .custom(let custom):
            throw EncodingError.invalidValue(
                custom.title,
                .init(
                    codingPath: [],
                    debugDescription:
                        "\(custom.title): a layer of one's own can't be written to a file"))
        }
    }
}

/// A key of any name.
struct LayerKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

/// A layer's options as they are read: each asked for once, and what nobody asked for is told.
private final class LayerFields {
    let word: String
    private let container: KeyedDecodingContainer<LayerKey>
    private var asked: Set<String> = []

    init(_ container: KeyedDecodingContainer<LayerKey>, _ word: String) throws {
        self.container = container
        self.word = word
    }

    var path: [any CodingKey] { container.codingPath }

    func required<Value: Decodable>(_ name: String) throws -> Value {
        guard let value: Value = try optional(name) else {
            throw DecodingError.layer(path, "\(word): \(name) is missing")
        }
        return value
    }

    func optional<Value: Decodable>(_ name: String) throws -> Value? {
        asked.insert(name)
        let value = try container.decodeIfPresent(Value.self, forKey: LayerKey(name))
        try check((value as? Int).map { [$0] } ?? (value as? HeightWidth)?.sides ?? [], name)
        return value
    }

    /// - Parameter numbers: sizes, which are small enough to be multiplied.
    private func check(_ numbers: [Int], _ name: String) throws {
        for number in numbers where !(0...NetworkLimits.option).contains(number) {
            throw DecodingError.layer(
                path, "\(word): \(name) of \(number); expected 0 to \(NetworkLimits.option)")
        }
    }

    func pooling() throws -> LayerDescription.Pooling {
        .init(
            kernel: try required("kernel"), stride: try optional("stride"),
            padding: try optional("padding") ?? 0)
    }

    func checkAllAreKnown() throws {
        let unknown = container.allKeys.map(\.stringValue).filter { !asked.contains($0) }.sorted()
        guard let first = unknown.first else { return }
        throw DecodingError.layer(
            path, "\(word): no option \(first); it has \(asked.sorted().joined(separator: ", "))")
    }
}

extension HeightWidth {
    fileprivate var sides: [Int] { [height, width] }
}

/// A layer's options as they are written: those that differ from their defaults.
private struct LayerWriter {
    private var container: KeyedEncodingContainer<LayerKey>

    init(_ container: KeyedEncodingContainer<LayerKey>) { self.container = container }

    mutating func write<Value: Encodable>(_ name: String, _ value: Value?) throws {
        try container.encodeIfPresent(value, forKey: LayerKey(name))
    }

    mutating func write<Value: Encodable & Equatable>(
        _ name: String, _ value: Value, unless usual: Value
    ) throws {
        if value != usual { try write(name, value) }
    }
}

extension DecodingError {
    fileprivate static func layer(_ path: [any CodingKey], _ problem: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: path, debugDescription: problem))
    }
}
