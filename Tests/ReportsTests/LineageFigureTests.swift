import Foundation
import TestSupport
import Testing

@testable import Reports

/// The lineage graph: order, places, origins, what it refuses.
@Suite struct LineageFigureTests {
    private func node(_ asset: String, _ inputs: [String] = [], run: String? = "now") -> LineageNode
    {
        LineageNode(asset: asset, version: "v\(asset)", artifact: "a", run: run, inputs: inputs)
    }

    private func layout(_ figure: LineageFigure) -> LineageLayout {
        LineageLayout(figure, nodeWidths: figure.nodes.map { _ in 100 }, left: 24, top: 56)
    }

    /// Expects boxes apart from each other, and lines that join their ends without crossing a box.
    private func expectOrderly(_ figure: LineageFigure) {
        let layout = layout(figure)
        let boxes = layout.boxes
        #expect(boxes.map(\.node).sorted() == Array(figure.nodes.indices))
        for (index, box) in boxes.enumerated() {
            for other in boxes[(index + 1)...] where abs(other.x - box.x) < 1 {
                #expect(abs(other.y - box.y) >= LineageLayout.boxHeight + 17.9)
            }
        }
        let placed = Dictionary(uniqueKeysWithValues: boxes.map { ($0.node, $0) })
        for (node, inputs) in LineageFigure.inputs(figure.nodes).enumerated() {
            for input in inputs {
                guard let from = placed[input], let to = placed[node] else { continue }
                #expect(from.x + from.width < to.x)
                #expect(
                    layout.lines.contains {
                        guard let first = $0.first, let last = $0.last else { return false }
                        return abs(first.x - from.x - from.width) < 1e-6
                            && abs(last.x - to.x) < 1e-6
                            && abs(first.y - from.y - LineageLayout.boxHeight / 2) < 1e-6
                            && abs(last.y - to.y - LineageLayout.boxHeight / 2) < 1e-6
                    })
            }
        }
        for line in layout.lines { expectClear(line, of: boxes) }
    }

    /// Where a line passes a column it must not touch the boxes there.
    private func expectClear(_ line: [(x: Double, y: Double)], of boxes: [LineageLayout.Box]) {
        for point in line.dropFirst().dropLast() {
            for box in boxes where point.x >= box.x && point.x <= box.x + box.width {
                #expect(point.y < box.y || point.y > box.y + LineageLayout.boxHeight)
            }
        }
    }

    @Test func assetsLieRightOfTheirInputs() throws {
        let figure = try LineageFigure(
            nodes: [
                node("report", ["model", "digits"]), node("model", ["split"]),
                node("split", ["digits"]), node("digits", run: nil), node("inbox", run: "before"),
            ], run: "now")
        #expect(figure.layers == [3, 2, 1, 0, 0])
        expectOrderly(figure)
        let reader = SVGReader(figure.svg)
        for shown in [
            "report", "version vmodel", "this run", "outside", "before", "built by this run",
        ] { #expect(reader.texts.contains(shown), "\(shown)") }
        #expect(reader.all("path").count == 4 && reader.all("polygon").count == 4)
        // Boxes of other runs and of none, and the legend's.
        #expect(reader.all("rect").count { $0.attributes["stroke-dasharray"] != nil } == 3)
        #expect(
            reader.all("desc").map(\.text) == [
                "report from model and digits; model from split; split from digits; digits; inbox."
            ])
        expectWithinPicture(reader) { textWidth($0, size: $1) }
    }

    @Test func anyGraphIsOrderly() throws {
        var generator = SeededGenerator(seed: 5)
        for count in [1, 2, 5, 12, 25] {
            for _ in 0..<10 {
                let nodes = (0..<count).map { index in
                    let inputs = (0..<index).filter { _ in generator.next() % 4 == 0 }
                    return node("n\(index)", inputs.map { "n\($0)" })
                }
                let figure = try LineageFigure(nodes: nodes.reversed(), run: "now")
                expectOrderly(figure)
                expectWithinPicture(SVGReader(figure.svg)) { textWidth($0, size: $1) }
            }
        }
    }

    @Test func inputsOutsideThePictureAreOnlyInTheTable() throws {
        let figure = try LineageFigure(
            nodes: [node("model", ["split", "digits", "digits"]), node("digits")], run: "now")
        #expect(SVGReader(figure.svg).all("path").count == 1)
    }

    @Test func longNamesFit() throws {
        let long = String(repeating: "Wide name ", count: 20)
        let figure = try LineageFigure(
            nodes: [node(long, run: long), node("b", [long], run: long)], run: "now")
        expectWithinPicture(SVGReader(figure.svg)) { textWidth($0, size: $1) }
    }

    @Test func impossibleGraphsAreRefused() {
        func message(_ nodes: [LineageNode]) -> String? {
            #expect(throws: FigureError.self) { try LineageFigure(nodes: nodes, run: "now") }?
                .description
        }
        #expect(message([]) == "lineage: none, expected at least one. There is nothing to draw.")
        #expect(
            message([node("a"), node("a")])
                == "lineage: two are named a, expected names of their own.")
        #expect(
            message([node("a"), node("b", ["a", "c"]), node("c", ["b"])])
                == "lineage: b, c are built from each other.")
        #expect(message([node("a", ["a"])]) == "lineage: a are built from each other.")
    }
}
