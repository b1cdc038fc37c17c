@testable import tessera

/// Checks documents against a schema, for the part of JSON Schema (draft 2020-12) that the program's own
/// schemas use. Strict: a keyword that it doesn't know is a fault of the schema.
struct JSONSchemaValidator {
    /// What is wrong, each with its place; of the document, or of the schema.
    private(set) var problems: [String] = []
    private let definitions: JSONValue?

    /// Says something of a schema and checks nothing.
    private static let annotations: Set = ["$schema", "$id", "title", "description", "$defs"]

    init(_ schema: JSONValue, _ document: JSONValue) {
        definitions = schema["$defs"]
        check(document, schema, "$")
    }

    private mutating func check(_ value: JSONValue, _ schema: JSONValue, _ place: String) {
        if case .flag(let isAllowed) = schema {
            if !isAllowed { problems.append("\(place): not allowed") }
            return
        }
        guard case .object(let keywords) = schema else {
            problems.append("\(place): the schema is no object")
            return
        }
        for (keyword, argument) in keywords.sorted(by: { $0.key < $1.key })
        where !Self.annotations.contains(keyword) {
            apply(keyword, argument, value, schema, place)
        }
    }

    private mutating func apply(
        _ keyword: String, _ argument: JSONValue, _ value: JSONValue, _ schema: JSONValue,
        _ place: String
    ) {
        switch (keyword, argument) {
        case ("$ref", .text(let path)): follow(path, value, place)
        case ("type", .text(let name)): require(value.isOf(name), place, "is no \(name)")
        case ("type", .array(let names)):
            let isAny = names.contains { $0.text.map(value.isOf) ?? false }
            require(isAny, place, "is of none of the types \(names.compactMap(\.text))")
        case ("const", _): require(value == argument, place, "isn't \(argument)")
        case ("enum", .array(let values)):
            require(values.contains(value), place, "is none of \(values)")
        case ("pattern", .text(let pattern)): match(value, pattern, place)
        case ("minimum", _): bound(value, argument, place, "is too small", <)
        case ("maximum", _): bound(value, argument, place, "is too large", >)
        case ("required", .array(let names)): requireMembers(names.compactMap(\.text), value, place)
        case ("properties", .object(let properties)):
            for (name, property) in properties {
                if let member = value[name] { check(member, property, "\(place).\(name)") }
            }
        case ("additionalProperties", _): checkOthers(value, schema, argument, place)
        case ("items", _):
            guard case .array(let elements) = value else { return }
            for (index, element) in elements.enumerated() {
                check(element, argument, "\(place)[\(index)]")
            }
        case ("oneOf", .array(let schemas)):
            let matching = schemas.count { isValid(value, $0) }
            require(matching == 1, place, "matches \(matching) of \(schemas.count) schemas")
        default: problems.append("\(place): the keyword \(keyword) isn't known")
        }
    }

    private mutating func require(_ holds: Bool, _ place: String, _ problem: String) {
        if !holds { problems.append("\(place): \(problem)") }
    }

    private mutating func follow(_ path: String, _ value: JSONValue, _ place: String) {
        let prefix = "#/$defs/"
        guard path.hasPrefix(prefix),
            let target = definitions?[String(path.dropFirst(prefix.count))]
        else {
            problems.append("\(place): the schema has no \(path)")
            return
        }
        check(value, target, place)
    }

    private mutating func match(_ value: JSONValue, _ pattern: String, _ place: String) {
        guard let text = value.text, let expression = try? Regex(pattern) else { return }
        require(text.firstMatch(of: expression) != nil, place, "\(text) doesn't match \(pattern)")
    }

    private mutating func bound(
        _ value: JSONValue, _ limit: JSONValue, _ place: String, _ problem: String,
        _ isBeyond: (Double, Double) -> Bool
    ) {
        guard let number = value.double, let limit = limit.double else { return }
        require(!isBeyond(number, limit), place, "\(number) \(problem)")
    }

    private mutating func requireMembers(_ names: [String], _ value: JSONValue, _ place: String) {
        guard case .object(let members) = value else { return }
        for name in names where members[name] == nil { problems.append("\(place): no \(name)") }
    }

    private mutating func checkOthers(
        _ value: JSONValue, _ schema: JSONValue, _ others: JSONValue, _ place: String
    ) {
        guard case .object(let members) = value else { return }
        for (name, member) in members where schema["properties"]?[name] == nil {
            check(member, others, "\(place).\(name)")
        }
    }

    private func isValid(_ value: JSONValue, _ schema: JSONValue) -> Bool {
        var other = self
        other.problems = []
        other.check(value, schema, "$")
        return other.problems.isEmpty
    }
}

extension JSONValue {
    fileprivate var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    fileprivate func isOf(_ type: String) -> Bool {
        switch (type, self) {
        case ("null", .null), ("boolean", .flag), ("string", .text), ("array", .array),
            ("object", .object), ("integer", .integer), ("integer", .unsigned),
            ("number", .integer), ("number", .unsigned), ("number", .number):
            true
        default: false
        }
    }
}
