extension DecodingError {
    /// What is wrong, for people, after the option that it is about: `linear.outputs: …`.
    package var problem: String {
        guard let context else { return "\(self)" }
        let text = what ?? context.debugDescription
        // Places in lists say little, and some texts say themselves what they are about.
        var path = context.codingPath.filter { $0.intValue == nil }.map(\.stringValue)
        if let last = path.last, text.hasPrefix("\(last):") || text.hasPrefix("\(last) ") {
            path.removeLast()
        }
        return path.isEmpty ? text : "\(path.joined(separator: ".")): \(text)"
    }

    /// Where it went wrong.
    package var context: Context? {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .keyNotFound(_, let context), .dataCorrupted(let context):
            context
        @unknown default: nil
        }
    }

    private var what: String? {
        switch self {
        case .keyNotFound(let key, _): "\(key.stringValue) is missing"
        case .typeMismatch(let type, _): Self.expected["\(type)"].map { "expected \($0)" }
        default: nil
        }
    }

    /// What types are to a person, by the names that the decoders of JSON and YAML have for them.
    private static let expected = [
        "Int": "a whole number", "Double": "a number", "Bool": "true or false", "String": "a word",
        "Array<Any>": "a list", "Sequence": "a list",
        "Dictionary<String, Any>": "options", "Mapping": "options", "Scalar": "one value",
    ]
}
