import SafeText

/// Something that a pipeline makes and keeps: a function from its inputs and config to an artifact.
///
/// What it makes is identified by its version, the digest of `codeVersion`, `config` and the versions
/// of its inputs; while those stay the same it needn't be made again.
package struct AssetDefinition: Sendable, Equatable {
    package let name: String
    /// Names of the assets that it is made from.
    package let inputs: [String]
    /// Names of those that go first where the run makes them as well, and halt it when they halt. Its
    /// version doesn't depend on them, nor must they ever have been made.
    package let predecessors: [String]
    /// Changed by hand whenever the code makes something else of the same inputs and config.
    package let codeVersion: String

    package init(
        _ name: String, from inputs: [String] = [], after predecessors: [String] = [],
        codeVersion: String
    ) {
        self.name = name
        self.inputs = inputs
        self.predecessors = predecessors
        self.codeVersion = codeVersion
    }
}

/// The assets of a pipeline and what each is made from.
package struct AssetGraph: Sendable, Equatable {
    /// Inputs before what is made from them; otherwise in the order they were given.
    package let assets: [AssetDefinition]

    /// - Throws: `AssetGraphError` for two assets of one name, an input that no asset is, or assets
    ///   that are made from each other.
    package init(_ assets: [AssetDefinition]) throws {
        var byName: [String: AssetDefinition] = [:]
        for asset in assets {
            guard byName.updateValue(asset, forKey: asset.name) == nil else {
                throw AssetGraphError.twice(asset.name)
            }
        }
        for asset in assets {
            for input in asset.inputs + asset.predecessors where byName[input] == nil {
                throw AssetGraphError.unknownInput(input, of: asset.name)
            }
        }
        self.assets = try AssetGraph.sorted(assets)
    }

    package var names: [String] { assets.map(\.name) }

    package subscript(name: String) -> AssetDefinition? { assets.first { $0.name == name } }

    /// All that an asset is made from or after, directly or not.
    package func ancestors(of name: String) -> Set<String> {
        var found: Set<String> = []
        for asset in assets.reversed() where asset.name == name || found.contains(asset.name) {
            found.formUnion(asset.inputs + asset.predecessors)
        }
        return found
    }

    /// All that is made from an asset, directly or not.
    package func descendants(of name: String) -> Set<String> {
        following(name) { $0.inputs }
    }

    /// All that is made from an asset or after it, directly or not.
    package func successors(of name: String) -> Set<String> {
        following(name) { $0.inputs + $0.predecessors }
    }

    private func following(
        _ name: String, _ before: (AssetDefinition) -> [String]
    ) -> Set<String> {
        var found: Set<String> = []
        for asset in assets
        where before(asset).contains(where: { $0 == name || found.contains($0) }) {
            found.insert(asset.name)
        }
        return found
    }

    /// Takes the first asset before which all that goes first was taken, again and again.
    private static func sorted(_ assets: [AssetDefinition]) throws -> [AssetDefinition] {
        var (waiting, taken) = (assets, [AssetDefinition]())
        var names: Set<String> = []
        while !waiting.isEmpty {
            guard
                let next = waiting.firstIndex(where: {
                    names.isSuperset(of: $0.inputs + $0.predecessors)
                })
            else {
                throw AssetGraphError.cycle(waiting.map(\.name))
            }
            let asset = waiting.remove(at: next)
            names.insert(asset.name)
            taken.append(asset)
        }
        return taken
    }
}

/// Why assets make no graph, or a selection names none of them.
package enum AssetGraphError: Error, Equatable, CustomStringConvertible {
    case twice(String)
    case unknownInput(String, of: String)
    case cycle([String])
    case selection(String, known: [String])

    package var description: String {
        switch self {
        case .twice(let name): "two assets are named \(name)"
        case .unknownInput(let input, let asset):
            "\(asset) is built from \(input), which is no asset"
        case .cycle(let names): "assets are built from each other: \(names.joined(separator: ", "))"
        case .selection(let text, let known):
            "'\(text)' selects no asset"
                + Suggestion.clause(
                    for: text.filter { !"+ ".contains($0) }, in: known, next: "give one of ")
                + "\(known.joined(separator: ", ")), with + before "
                + "it for what it is built from and + after it for what is built from it, or * for all; "
                + "separate several with commas"
        }
    }
}
