/// A metric against a numeric parameter, a line a category: accuracy by learning rate, one line an
/// optimizer.
///
/// Points are means over seeds, with bars of one standard error to each side. The parameter's axis
/// is logarithmic if all its values are positive and they span more than fourfold.
package struct ParameterEffectFigure: Equatable, Sendable {
    package struct Line: Equatable, Sendable {
        package let name: String
        package let points: [Point]

        /// - Parameter points: in any order.
        package init(name: String, points: [Point]) {
            self.name = name
            self.points = points.sorted { $0.parameter < $1.parameter }
        }
    }

    package struct Point: Equatable, Sendable {
        package let parameter: Double
        package let score: Estimate

        package init(parameter: Double, score: Estimate) {
            self.parameter = parameter
            self.score = score
        }
    }

    /// As it is to be read: `learning rate`.
    package let parameter: String
    package let metric: ComparedMetric
    package let lines: [Line]
    package let title: String

    /// Points whose parameter or mean isn't finite are left out, and their number is told.
    ///
    /// - Parameter title: nil for `METRIC by PARAMETER`.
    /// - Throws: `FigureError` if there is no point.
    package init(
        parameter: String, metric: ComparedMetric, lines: [Line], title: String? = nil
    ) throws {
        guard lines.contains(where: { !$0.points.isEmpty }) else {
            throw FigureError.empty(what: "points")
        }
        self.parameter = parameter
        self.metric = metric
        self.lines = lines
        self.title = title ?? "\(metric.name) by \(parameter)"
    }

    /// The picture as the text of an SVG file.
    package var svg: String { svg(.wide) }

    /// The same for a phone's width.
    var narrowSVG: String { svg(.narrow) }

    private func svg(_ width: FigureWidth) -> String {
        var drawing = ParameterEffectDrawing(self, width: width)
        return drawing.document()
    }

    // MARK: - Numbers shown

    /// Means and parameters that an axis can hold.
    static func isDrawable(_ point: Point) -> Bool {
        [point.parameter, point.score.mean].allSatisfy { $0.isFinite && abs($0) <= 1e280 }
    }

    var best: (line: Line, point: Point)? {
        let all = lines.flatMap { line in
            line.points.filter(Self.isDrawable).map { (line: line, point: $0) }
        }
        return all.max {
            metric.isHigherBetter
                ? $0.point.score.mean < $1.point.score.mean
                : $0.point.score.mean > $1.point.score.mean
        }
    }

    /// `Best: 99.36 ± 0.04% at 0.001 (adam) · 2 points not finite`
    var summary: String {
        let left = lines.flatMap(\.points).count { !Self.isDrawable($0) }
        let missing = left == 0 ? "" : " · \(left) point\(left == 1 ? "" : "s") not finite"
        guard let best else { return "Nothing to draw" + missing }
        return "Best: \(metric.text(best.point.score)) at "
            + "\(NumberText.significant(best.point.parameter)) (\(best.line.name))" + missing
    }
}
