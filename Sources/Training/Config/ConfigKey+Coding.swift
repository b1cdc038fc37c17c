extension ConfigKey {
    /// Writes the key's value; an optional one that isn't set is left out.
    func encode(_ root: Root, to container: inout KeyedEncodingContainer<NamedKey>) throws {
        let value = value(in: root)
        if value == .none { return }
        try container.encode(value, forKey: NamedKey(name))
    }

    /// Reads the key's value, without checking its range; where there is none, `root` keeps what it has.
    ///
    /// - Throws: `DecodingError` for a value of another type, or one that the property can't hold.
    func decode(from container: KeyedDecodingContainer<NamedKey>, into root: inout Root) throws {
        let coding = NamedKey(name)
        guard container.contains(coding) else { return }
        let isUnset = try isOptional && container.decodeNil(forKey: coding)
        let value = isUnset ? .none : try domain.decode(from: container, forKey: coding)
        guard store(value, in: &root) else {
            throw DecodingError.dataCorruptedError(
                forKey: coding, in: container,
                debugDescription: "\(name) \(value): must be \(allowed(insteadOf: value))")
        }
    }
}

extension ConfigDomain {
    fileprivate func decode(
        from container: KeyedDecodingContainer<NamedKey>, forKey key: NamedKey
    ) throws -> ConfigValue {
        switch self {
        case .integer(let range, _):
            // Not every decoder takes 128 bits; no key holds more than 64.
            range.upperBound > Int128(Int64.max)
                ? .integer(Int128(try container.decode(UInt64.self, forKey: key)))
                : .integer(Int128(try container.decode(Int64.self, forKey: key)))
        case .number: .number(try container.decode(Double.self, forKey: key))
        case .boolean: .boolean(try container.decode(Bool.self, forKey: key))
        case .choice, .text, .folder: .text(try container.decode(String.self, forKey: key))
        }
    }
}
