/// By name where nothing differs from the defaults, `"xavier_uniform"`; else as an object,
/// `{"kind": "xavier_uniform", "gain": 2}`.
extension Initialization: Codable {
    private enum Key: String, CodingKey { case kind, fan, gain, value }

    private enum Kind: String, CaseIterable {
        case standard
        case kaimingUniform = "kaiming_uniform"
        case kaimingNormal = "kaiming_normal"
        case xavierUniform = "xavier_uniform"
        case xavierNormal = "xavier_normal"
        case orthogonal, zero, constant
    }

    /// The names that `init(named:)` knows.
    public static var names: [String] {
        Kind.allCases.filter { $0 != .constant }.map(\.rawValue)
    }

    /// The initialisation of that name with its defaults; nil for another name, and for `constant`,
    /// which needs a value.
    public init?(named name: String) {
        switch Kind(rawValue: name) {
        case .standard: self = .standard
        case .kaimingUniform: self = .kaimingUniform()
        case .kaimingNormal: self = .kaimingNormal()
        case .xavierUniform: self = .xavierUniform()
        case .xavierNormal: self = .xavierNormal()
        case .orthogonal: self = .orthogonal()
        case .zero: self = .zero
        case .constant, nil: return nil
        }
    }

    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            guard let named = Initialization(named: name) else {
                throw Initialization.unknown(name, decoder.codingPath)
            }
            self = named
            return
        }
        let object = try decoder.container(keyedBy: Key.self)
        let name = try object.decode(String.self, forKey: .kind)
        guard let kind = Kind(rawValue: name) else {
            throw Initialization.unknown(name, decoder.codingPath + [Key.kind])
        }
        let fan = try object.decodeIfPresent(Fan.self, forKey: .fan) ?? .input
        let gain = try object.decodeIfPresent(Double.self, forKey: .gain) ?? 1
        switch kind {
        case .standard: self = .standard
        case .kaimingUniform: self = .kaimingUniform(fan: fan)
        case .kaimingNormal: self = .kaimingNormal(fan: fan)
        case .xavierUniform: self = .xavierUniform(gain: gain)
        case .xavierNormal: self = .xavierNormal(gain: gain)
        case .orthogonal: self = .orthogonal(gain: gain)
        case .zero: self = .zero
        case .constant: self = .constant(try object.decode(Double.self, forKey: .value))
        }
    }

    private static func unknown(_ name: String, _ path: [any CodingKey]) -> DecodingError {
        .dataCorrupted(
            .init(
                codingPath: path,
                debugDescription: """
                    unknown initialization \(name); known are \(names.joined(separator: ", ")), \
                    and constant with a value
                    """))
    }

    public func encode(to encoder: any Encoder) throws {
        if let name = Kind.allCases.first(where: { Initialization(named: $0.rawValue) == self }) {
            var container = encoder.singleValueContainer()
            try container.encode(name.rawValue)
            return
        }
        var object = encoder.container(keyedBy: Key.self)
        func encode(_ kind: Kind) throws { try object.encode(kind.rawValue, forKey: .kind) }
        switch self {
        case .standard: try encode(.standard)
        case .zero: try encode(.zero)
        case .kaimingUniform(let fan):
            try encode(.kaimingUniform)
            try object.encode(fan, forKey: .fan)
        case .kaimingNormal(let fan):
            try encode(.kaimingNormal)
            try object.encode(fan, forKey: .fan)
        case .xavierUniform(let gain):
            try encode(.xavierUniform)
            try object.encode(gain, forKey: .gain)
        case .xavierNormal(let gain):
            try encode(.xavierNormal)
            try object.encode(gain, forKey: .gain)
        case .orthogonal(let gain):
            try encode(.orthogonal)
            try object.encode(gain, forKey: .gain)
        case .constant(let value):
            try encode(.constant)
            try object.encode(value, forKey: .value)
        }
    }
}
