/// A number that may be undefined, written as null then.
///
/// The synthesized `Codable` would leave the key out, and readers could not tell "undefined" from
/// "an older report that didn't have it".
@propertyWrapper
public struct NullIfUndefined: Equatable, Sendable, Codable {
    public var wrappedValue: Double?

    public init(wrappedValue: Double?) { self.wrappedValue = wrappedValue }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        wrappedValue = container.decodeNil() ? nil : try container.decode(Double.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue {
            try container.encode(wrappedValue)
        } else {
            try container.encodeNil()
        }
    }
}
