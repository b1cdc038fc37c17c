/// What a run's results were made from: assets from left to right, each right of its inputs.
package struct LineageFigure: Equatable, Sendable {
    package let nodes: [LineageNode]
    /// The run that the page is about; what others made is drawn with dashes.
    package let run: String

    /// - Parameter nodes: at least one, in any order. Inputs that aren't among them are told by
    ///   the table but not drawn.
    /// - Throws: `FigureError` if there are none, two have one name, or they are made from each
    ///   other.
    package init(nodes: [LineageNode], run: String) throws {
        guard !nodes.isEmpty else { throw FigureError.empty(what: "lineage") }
        var names: Set<String> = []
        for node in nodes where !names.insert(node.asset).inserted {
            throw FigureError.namedTwice(what: "lineage", name: node.asset)
        }
        self.nodes = nodes
        self.run = run
        layers = try Self.layers(nodes)
    }

    /// The picture as the text of an SVG file.
    package var svg: String {
        var drawing = LineageDrawing(self)
        return drawing.document()
    }

    // MARK: - Order

    /// Of each node, one more than the largest of its inputs', which aren't drawn in one column.
    let layers: [Int]

    /// The places of each node's inputs, as far as they are among the nodes.
    static func inputs(_ nodes: [LineageNode]) -> [[Int]] {
        let places = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1.asset, $0) })
        return nodes.map { node in Set(node.inputs.compactMap { places[$0] }).sorted() }
    }

    private static func layers(_ nodes: [LineageNode]) throws -> [Int] {
        let inputs = inputs(nodes)
        var layers = [Int?](repeating: nil, count: nodes.count)
        var waiting = Array(nodes.indices)
        while !waiting.isEmpty {
            let ready = waiting.filter { inputs[$0].allSatisfy { layers[$0] != nil } }
            guard !ready.isEmpty else {
                throw FigureError.cycle(waiting.map { nodes[$0].asset })
            }
            for node in ready {
                layers[node] = (inputs[node].compactMap { layers[$0] }.max() ?? -1) + 1
            }
            waiting = waiting.filter { layers[$0] == nil }
        }
        return layers.compactMap { $0 }
    }
}

/// One asset that a run made or took from an earlier one.
package struct LineageNode: Equatable, Sendable {
    package let asset: String
    /// The first characters of the digest of all that it is made from.
    package let version: String
    /// The first characters of its content's digest.
    package let artifact: String
    /// The run that made it; nil for what comes from outside.
    package let run: String?
    /// Assets that it is made from.
    package let inputs: [String]
    package let metadata: [Fact]

    package init(
        asset: String, version: String, artifact: String, run: String?, inputs: [String] = [],
        metadata: [Fact] = []
    ) {
        self.asset = asset
        self.version = version
        self.artifact = artifact
        self.run = run
        self.inputs = inputs
        self.metadata = metadata
    }
}

extension LineageFigure {
    /// The picture and the table of a page.
    func content(idPrefix: String) -> [HTML] {
        let picture = HTML.figure(svg: svg, narrow: nil, idPrefix: idPrefix)
        let described = nodes.filter { !$0.metadata.isEmpty }
        let metadata =
            described.isEmpty ? [] : [HTML.details("Metadata", described.flatMap(metadata))]
        return [
            .tag(
                "div", ["class": "stack"],
                [picture, .details("Versions and artifacts", [table])] + metadata)
        ]
    }

    private func metadata(_ node: LineageNode) -> [HTML] {
        [
            .tag("h3", node.asset),
            .pairs(node.metadata.map { (label: $0.label, value: .text($0.value)) }),
        ]
    }

    private var table: HTML {
        Table(
            caption: "Assets and what they were built from",
            columns: [
                .init(title: "Asset", isHeader: true), .init(title: "Version"),
                .init(title: "Artifact"),
                .init(title: "Built by"), .init(title: "Inputs"),
            ],
            rows: nodes.map { node in
                [
                    .text(node.asset), .tag("code", node.version), .tag("code", node.artifact),
                    .text(origin(node)),
                    .text(node.inputs.isEmpty ? "–" : node.inputs.joined(separator: ", ")),
                ]
            }, narrow: .stacks
        ).html
    }

    /// `this run`, `run 20261121-…` or `outside`
    func origin(_ node: LineageNode) -> String {
        guard let maker = node.run else { return "outside" }
        return maker == run ? "this run" : maker
    }
}
