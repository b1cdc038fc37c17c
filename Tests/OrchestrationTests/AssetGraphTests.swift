import Testing

@testable import Orchestration

@Suite struct AssetGraphTests {
    /// The digits pipeline's shape.
    static func digits() throws -> AssetGraph {
        try AssetGraph([
            AssetDefinition(
                "predictions", from: ["deployment", "processed_data"], codeVersion: "1"),
            AssetDefinition("raw_data", codeVersion: "1"),
            AssetDefinition("processed_data", from: ["raw_data"], codeVersion: "1"),
            AssetDefinition("model", from: ["processed_data"], codeVersion: "1"),
            AssetDefinition("evaluation", from: ["model", "processed_data"], codeVersion: "1"),
            AssetDefinition("deployment", from: ["model", "evaluation"], codeVersion: "1"),
        ])
    }

    @Test func inputsComeFirst() throws {
        let graph = try Self.digits()
        #expect(
            graph.names == [
                "raw_data", "processed_data", "model", "evaluation", "deployment", "predictions",
            ])
        #expect(graph["model"]?.inputs == ["processed_data"] && graph["digits"] == nil)
    }

    @Test func whatMakesNoGraphIsRefused() {
        #expect(throws: AssetGraphError.twice("a")) {
            try AssetGraph([.init("a", codeVersion: "1"), .init("a", codeVersion: "2")])
        }
        #expect(throws: AssetGraphError.unknownInput("b", of: "a")) {
            try AssetGraph([.init("a", from: ["b"], codeVersion: "1")])
        }
        #expect(throws: AssetGraphError.cycle(["b", "c"])) {
            try AssetGraph([
                .init("a", codeVersion: "1"), .init("b", from: ["a", "c"], codeVersion: "1"),
                .init("c", from: ["b"], codeVersion: "1"),
            ])
        }
        #expect(throws: AssetGraphError.cycle(["a"])) {
            try AssetGraph([.init("a", from: ["a"], codeVersion: "1")])
        }
    }

    @Test func relativesAreFoundAtAnyDistance() throws {
        let graph = try Self.digits()
        #expect(graph.ancestors(of: "raw_data").isEmpty)
        #expect(graph.ancestors(of: "evaluation") == ["model", "processed_data", "raw_data"])
        #expect(graph.descendants(of: "evaluation") == ["deployment", "predictions"])
        #expect(graph.descendants(of: "raw_data") == Set(graph.names.dropFirst()))
        #expect(graph.descendants(of: "predictions").isEmpty)
    }

    @Test(arguments: [
        ("model", ["model"]), ("+model", ["raw_data", "processed_data", "model"]),
        ("evaluation+", ["evaluation", "deployment", "predictions"]),
        (
            "+evaluation+",
            ["raw_data", "processed_data", "model", "evaluation", "deployment", "predictions"]
        ),
        ("predictions, raw_data", ["raw_data", "predictions"]),
        ("model,deployment+", ["model", "deployment", "predictions"]),
        (
            "*",
            ["raw_data", "processed_data", "model", "evaluation", "deployment", "predictions"]
        ),
    ])
    func selectionsAreTakenInOrder(text: String, expected: [String]) throws {
        let graph = try Self.digits()
        #expect(try AssetSelection(text, in: graph).assets(of: graph).map(\.name) == expected)
    }

    @Test(arguments: ["", "modell", "+", "++model", "model,", "model++", "+*", "*+"])
    func aSelectionOfNothingSaysWhatThereIs(text: String) throws {
        let graph = try Self.digits()
        let error = #expect(throws: AssetGraphError.self) {
            try AssetSelection(text, in: graph)
        }
        #expect(error?.description.contains("raw_data, processed_data, model") == true)
    }
}
