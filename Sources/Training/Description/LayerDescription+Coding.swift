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
            self.init(try Kind(LayerFields(word: word, path: decoder.codingPath)))
            return
        }
        let container = try decoder.container(keyedBy: NamedKey.self)
        guard let key = container.allKeys.first, container.allKeys.count == 1 else {
            let words = container.allKeys.map(\.stringValue).sorted()
            throw DecodingError.layer(
                decoder.codingPath,
                words.isEmpty
                    ? "a layer without a word that says what it is"
                    : "a layer of several words, \(words.joined(separator: ", ")); one each")
        }
        let fields = LayerFields(
            try container.nestedContainer(keyedBy: NamedKey.self, forKey: key), key.stringValue)
        self.init(try Kind(fields), name: try fields.optional("name"))
        try fields.checkAllAreKnown()
    }

    public func encode(to encoder: any Encoder) throws {
        if name == nil, let word = kind.word {
            var container = encoder.singleValueContainer()
            try container.encode(word)
            return
        }
        var container = encoder.container(keyedBy: NamedKey.self)
        var fields = LayerWriter(
            container.nestedContainer(keyedBy: NamedKey.self, forKey: NamedKey(kind.title)))
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
        case .leakyReLU: self = LayerDescription.leakyReLU().kind
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
        case .conv2d: self = .convolution(try fields.options())
        case .depthwiseConv2d:
            self = .convolution(try fields.options(as: DepthwiseOptions.self).layer)
        case .batchNorm: self = .batchNorm(try fields.options())
        case .groupNorm: self = .groupNorm(try fields.options())
        case .layerNorm: self = .layerNorm(try fields.options())
        case .leakyReLU:
            self = .activation(
                .leakyReLU(slope: try fields.options(as: LeakyReLUOptions.self).slope))
        case .maxPool: self = .maxPool(try fields.options())
        case .averagePool: self = .averagePool(try fields.options())
        case .adaptiveAveragePool:
            let size: HeightWidth = try fields.required("size")
            self = .adaptiveAveragePool(height: size.height, width: size.width)
        case .dropout: self = .dropout(rate: try fields.required("rate"))
        case .dropout2d: self = .dropout2d(rate: try fields.required("rate"))
        case .linear: self = .linear(try fields.options())
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
        case .convolution(let convolution) where convolution.isDepthwise:
            try fields.write(DepthwiseOptions(layer: convolution))
        case .convolution(let convolution): try fields.write(convolution)
        case .batchNorm(let norm): try fields.write(norm)
        case .groupNorm(let norm): try fields.write(norm)
        case .layerNorm(let norm): try fields.write(norm)
        case .activation(.leakyReLU(let slope)): try fields.write(LeakyReLUOptions(slope: slope))
        case .activation, .flatten: break
        case .maxPool(let pooling), .averagePool(let pooling): try fields.write(pooling)
        case .adaptiveAveragePool(let height, let width):
            try fields.write("size", HeightWidth(height: height, width: width))
        case .dropout(let rate), .dropout2d(let rate): try fields.write("rate", rate)
        case .linear(let linear): try fields.write(linear)
        case .sequence(let layers): try fields.write("layers", layers)
        case .add(let branches) where branches.count == 2:
            try fields.write("body", branches[0])
            if !branches[1].isEmpty { try fields.write("shortcut", branches[1]) }
        case .add(let branches), .concat(let branches): try fields.write("branches", branches)
        case .custom(let custom): throw EncodingError.custom(custom)
        }
    }
}

extension DecodingError {
    static func layer(_ path: [any CodingKey], _ problem: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: path, debugDescription: problem))
    }
}

extension EncodingError {
    fileprivate static func custom(_ layer: CustomLayer) -> EncodingError {
        .invalidValue(
            layer.title,
            .init(
                codingPath: [],
                debugDescription: "\(layer.title): a layer of one's own can't be written to a file")
        )
    }
}
