/// Some of a graph's assets, as text: `model`, `+model` with what it is made from, `evaluation+` with
/// what is made from it, `+model+` with both, `*` for all; several separated by commas.
package struct AssetSelection: Sendable, Equatable {
    private let terms: [Term]

    private struct Term: Sendable, Equatable {
        let name: String
        let withAncestors: Bool
        let withDescendants: Bool

        static let all = Term(name: "*", withAncestors: false, withDescendants: false)
    }

    /// - Throws: `AssetGraphError.selection` for a name that is no asset's.
    package init(_ text: String, in graph: AssetGraph) throws {
        terms = try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            var name = part.drop { $0 == " " }
            while name.last == " " { name.removeLast() }
            let (before, after) = (name.first == "+", name.count > 1 && name.last == "+")
            if before { name.removeFirst() }
            if after { name.removeLast() }
            let term = Term(name: String(name), withAncestors: before, withDescendants: after)
            guard term == .all || graph[term.name] != nil else {
                throw AssetGraphError.selection(String(part), known: graph.names)
            }
            return term
        }
    }

    /// The selected assets, inputs first.
    package func assets(of graph: AssetGraph) -> [AssetDefinition] {
        var names: Set<String> = []
        for term in terms {
            if term == .all { return graph.assets }
            names.insert(term.name)
            if term.withAncestors { names.formUnion(graph.ancestors(of: term.name)) }
            if term.withDescendants { names.formUnion(graph.successors(of: term.name)) }
        }
        return graph.assets.filter { names.contains($0.name) }
    }
}
