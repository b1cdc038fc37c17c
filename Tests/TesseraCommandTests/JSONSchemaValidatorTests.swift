import Foundation
import Testing

@testable import tessera

/// The validator that other tests rely on refuses what is wrong.
@Suite struct JSONSchemaValidatorTests {
    private let schema = ##"""
        {"type": "object", "required": ["name", "size"], "additionalProperties": false,
         "properties": {
           "name": {"type": "string", "pattern": "^[a-z]+$"}, "size": {"type": "integer", "minimum": 1},
           "share": {"type": ["number", "null"], "maximum": 1}, "kind": {"enum": ["a", "b", null]},
           "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}},
           "one": {"oneOf": [{"type": "string"}, {"const": 7}]},
           "map": {"type": "object", "additionalProperties": {"type": "boolean"}}},
         "$defs": {"part": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}}}
        """##

    private func problems(_ document: String, _ schema: String? = nil) throws -> [String] {
        JSONSchemaValidator(
            try JSONValue(parsing: Data((schema ?? self.schema).utf8)),
            try JSONValue(parsing: Data(document.utf8))
        ).problems
    }

    @Test(arguments: [
        #"{"name": "x", "size": 1}"#,
        #"{"name": "x", "size": 2, "share": null, "kind": null, "parts": [{"id": 1}], "one": 7}"#,
        #"{"name": "x", "size": 2, "share": 0.5, "kind": "b", "one": "t", "map": {"z": true}}"#,
    ]) func whatFitsIsTaken(_ document: String) throws {
        #expect(try problems(document).isEmpty)
    }

    @Test(arguments: [
        (#"{"name": "x"}"#, "no size"), (#"{"name": "x", "size": 1, "extra": 1}"#, "$.extra"),
        (#"{"name": "X", "size": 1}"#, "match"), (#"{"name": "x", "size": "1"}"#, "no integer"),
        (#"{"name": "x", "size": 1.5}"#, "no integer"),
        (#"{"name": "x", "size": true}"#, "integer"),
        (#"{"name": "x", "size": 0}"#, "too small"),
        (#"{"name": "x", "size": 1, "share": 1.5}"#, "too large"),
        (#"{"name": "x", "size": 1, "share": "NaN"}"#, "types"),
        (#"{"name": "x", "size": 1, "kind": "c"}"#, "none of"),
        (#"{"name": "x", "size": 1, "parts": [{"id": 1}, {}]}"#, "$.parts[1]"),
        (#"{"name": "x", "size": 1, "parts": {}}"#, "array"),
        (#"{"name": "x", "size": 1, "one": 8}"#, "0 of 2"),
        (#"{"name": "x", "size": 1, "map": {"z": 1}}"#, "$.map.z"), ("[]", "no object"),
    ]) func whatDoesntFitIsNamed(_ document: String, _ problem: String) throws {
        let found = try problems(document)
        #expect(found.contains { $0.contains(problem) }, "\(found)")
    }

    @Test(arguments: [
        (#"{"minLength": 1}"#, "minLength"), (##"{"$ref": "#/$defs/none"}"##, "has no"),
        ("7", "no object"),
    ]) func aSchemaThatIsWrongIsNoLeave(_ schema: String, _ problem: String) throws {
        let found = try problems(#""x""#, schema)
        #expect(found.contains { $0.contains(problem) }, "\(found)")
    }
}
