import Kernels

/// A layer's options as they are read: each asked for once, and what nobody asked for is told.
final class LayerFields {
    let word: String
    let path: [any CodingKey]
    /// Nil for a word alone.
    private let container: KeyedDecodingContainer<NamedKey>?
    private var asked: Set<String> = []

    init(_ container: KeyedDecodingContainer<NamedKey>, _ word: String) {
        self.container = container
        self.word = word
        path = container.codingPath
    }

    init(word: String, path: [any CodingKey]) {
        container = nil
        self.word = word
        self.path = path
    }

    func required<Value: Decodable>(_ name: String) throws -> Value {
        guard let value: Value = try optional(name) else {
            throw DecodingError.layer(path, "\(word): \(name) is missing")
        }
        return value
    }

    func optional<Value: Decodable>(_ name: String) throws -> Value? {
        asked.insert(name)
        let value = try container?.decodeIfPresent(Value.self, forKey: NamedKey(name))
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

    /// All options of a kind of layer; what isn't there has its default.
    func options<Options: LayerOptions>(as type: Options.Type = Options.self) throws -> Options {
        var options = Options.usual
        for option in Options.table { try option.read(self, &options) }
        return options
    }

    func checkAllAreKnown() throws {
        let unknown = (container?.allKeys ?? []).map(\.stringValue).filter { !asked.contains($0) }
            .sorted()
        guard let first = unknown.first else { return }
        throw DecodingError.layer(
            path, "\(word): no option \(first); it has \(asked.sorted().joined(separator: ", "))")
    }
}

extension HeightWidth {
    fileprivate var sides: [Int] { [height, width] }
}

/// A layer's options as they are written: those that differ from their defaults.
struct LayerWriter {
    private var container: KeyedEncodingContainer<NamedKey>

    init(_ container: KeyedEncodingContainer<NamedKey>) { self.container = container }

    mutating func write<Value: Encodable>(_ name: String, _ value: Value?) throws {
        try container.encodeIfPresent(value, forKey: NamedKey(name))
    }

    /// All options of a kind of layer but those that have their defaults.
    mutating func write(_ options: some LayerOptions) throws {
        for option in type(of: options).table { try option.write(options, &self) }
    }
}
