/// Where the boxes and lines of a lineage go, in pixels.
///
/// A layered drawing after Sugiyama, Tagawa and Toda (1981): a column a layer, lines over several
/// columns led through bends in those between, columns ordered so that few lines cross.
struct LineageLayout {
    /// A box's upper left corner and width; its height is `boxHeight`.
    struct Box {
        let node: Int
        let x: Double
        let y: Double
        let width: Double
    }

    private(set) var boxes: [Box] = []
    /// From an input's right edge to the left edge of what is made from it.
    private(set) var lines: [[(x: Double, y: Double)]] = []
    private(set) var width = 0.0
    private(set) var height = 0.0

    static let boxHeight = 62.0
    private static let boxGap = 18.0
    private static let bendHeight = 10.0
    private static let columnGap = 40.0

    private var columns: [[Vertex]]
    private let edges: [[Vertex]]

    /// What takes a place in a column: a node, or where the long lines from one pass together.
    private enum Vertex: Hashable {
        case node(Int)
        case bend(from: Int, layer: Int)

        var height: Double {
            switch self {
            case .node: LineageLayout.boxHeight
            case .bend: LineageLayout.bendHeight
            }
        }
    }

    /// - Parameter nodeWidths: one a node.
    /// - Parameter top: the upper edge of the highest box.
    init(_ figure: LineageFigure, nodeWidths: [Double], left: Double, top: Double) {
        (columns, edges) = Self.vertices(figure)
        for _ in 0..<4 {
            for layer in columns.indices { order(layer, by: neighbours(after: false)) }
            for layer in columns.indices.reversed() { order(layer, by: neighbours(after: true)) }
        }
        place(nodeWidths, left: left, top: top)
    }

    // MARK: - Columns

    /// Nodes by layer, and each edge as the vertices that it runs through.
    private static func vertices(
        _ figure: LineageFigure
    ) -> (columns: [[Vertex]], edges: [[Vertex]]) {
        let layers = figure.layers
        var columns = [[Vertex]](repeating: [], count: (layers.max() ?? 0) + 1)
        for (node, layer) in layers.enumerated() { columns[layer].append(.node(node)) }
        var edges: [[Vertex]] = []
        for (node, inputs) in LineageFigure.inputs(figure.nodes).enumerated() {
            for input in inputs {
                var bends: [Vertex] = []
                for layer in layers[input] + 1..<layers[node] {
                    let bend = Vertex.bend(from: input, layer: layer)
                    if !columns[layer].contains(bend) { columns[layer].append(bend) }
                    bends.append(bend)
                }
                edges.append([.node(input)] + bends + [.node(node)])
            }
        }
        return (columns, edges)
    }

    /// Of each vertex, those that it is joined with in the column after or before it.
    private func neighbours(after: Bool) -> [Vertex: [Vertex]] {
        var neighbours: [Vertex: [Vertex]] = [:]
        for edge in edges {
            for (from, to) in zip(edge, edge.dropFirst()) {
                after
                    ? neighbours[from, default: []].append(to)
                    : neighbours[to, default: []].append(from)
            }
        }
        return neighbours
    }

    /// Sorts a column by the mean place of each vertex's neighbours.
    private mutating func order(_ layer: Int, by neighbours: [Vertex: [Vertex]]) {
        var places: [Vertex: Double] = [:]
        for column in columns {
            for (index, vertex) in column.enumerated() {
                places[vertex] = (Double(index) + 0.5) / Double(column.count)
            }
        }
        let keyed = columns[layer].enumerated().map { index, vertex in
            let near = (neighbours[vertex] ?? []).compactMap { places[$0] }
            let key =
                near.isEmpty
                ? places[vertex] ?? 0 : near.reduce(0, +) / Double(near.count)
            return (vertex: vertex, key: key, index: index)
        }
        columns[layer] = keyed.sorted { $0.key != $1.key ? $0.key < $1.key : $0.index < $1.index }
            .map(\.vertex)
    }

    // MARK: - Places

    private mutating func place(_ nodeWidths: [Double], left: Double, top: Double) {
        let middles = middles()
        let highest = middles.map { $0.value - $0.key.height / 2 }.min() ?? 0
        let lowest = middles.map { $0.value + $0.key.height / 2 }.max() ?? 0
        var edgesOfVertex: [Vertex: (left: Double, right: Double)] = [:]
        var x = left
        for column in columns {
            let width = column.map { nodeWidth($0, nodeWidths) }.max() ?? 0
            for vertex in column {
                edgesOfVertex[vertex] = (x, x + width)
                guard case .node(let node) = vertex, let middle = middles[vertex] else { continue }
                boxes.append(
                    Box(
                        node: node, x: x, y: top + middle - highest - Self.boxHeight / 2,
                        width: width))
            }
            x += width + Self.columnGap
        }
        width = x - Self.columnGap
        height = top + lowest - highest
        lines = edges.map { edge in
            let ends = edge.flatMap { vertex in
                let (left, right) = edgesOfVertex[vertex] ?? (0, 0)
                let y = top + (middles[vertex] ?? 0) - highest
                return [(x: left, y: y), (x: right, y: y)]
            }
            return Array(ends.dropFirst().dropLast())
        }
    }

    private func nodeWidth(_ vertex: Vertex, _ nodeWidths: [Double]) -> Double {
        guard case .node(let node) = vertex else { return 0 }
        return nodeWidths[node]
    }

    /// Vertical places: first stacked, then drawn towards neighbours without passing one another.
    private func middles() -> [Vertex: Double] {
        var middles: [Vertex: Double] = [:]
        for column in columns {
            for (vertex, y) in zip(column, spread(column, wanted: column.map { _ in 0 })) {
                middles[vertex] = y
            }
        }
        let (before, after) = (neighbours(after: false), neighbours(after: true))
        for _ in 0..<6 {
            for column in columns + columns.reversed() {
                let wanted = column.map { vertex in
                    let near = ((before[vertex] ?? []) + (after[vertex] ?? []))
                        .compactMap { middles[$0] }
                    return near.isEmpty
                        ? middles[vertex] ?? 0 : near.reduce(0, +) / Double(near.count)
                }
                for (vertex, y) in zip(column, spread(column, wanted: wanted)) {
                    middles[vertex] = y
                }
            }
        }
        return middles
    }

    /// The places nearest to `wanted`, by and large, that keep order and distance.
    private func spread(_ column: [Vertex], wanted: [Double]) -> [Double] {
        var places: [Double] = []
        for (index, vertex) in column.enumerated() {
            guard let last = places.last else {
                places.append(wanted[index])
                continue
            }
            let distance = (column[index - 1].height + vertex.height) / 2 + Self.boxGap
            places.append(max(wanted[index], last + distance))
        }
        let excess = zip(places, wanted).map { $0 - $1 }.reduce(0, +) / Double(max(1, column.count))
        return places.map { $0 - excess }
    }
}
