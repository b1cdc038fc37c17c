import Measurement

extension BenchResult {
    /// The result for people.
    func lines(_ layout: TextLayout) -> [String] {
        var lines = [title]
        func add(_ label: String, _ value: String) { lines.append(label.padded(to: 14) + value) }
        let speeds = imagesPerSecond
        add(
            "images/s",
            "median \(Format.fixed(speeds.median, 1)), best \(Format.fixed(speeds.best, 1)); "
                + Format.counted(speeds.samples.count, "sample")
                + " of \(Format.counted(stepsPerSample, "step"))")
        add(
            "latency",
            "median \(Format.fixed(latencyMs.median, 3)) ms, p99 \(Format.fixed(latencyMs.p99, 3)) ms"
        )
        add("first batch", "\(Format.fixed(secondsToFirstBatch, 2)) s after the start")
        add("peak memory", Format.bytes(peakMemoryBytes))
        add("convolutions", "\(convolutionPlan)")
        add("machine", "\(machine)")
        if let profile { lines += [""] + ProfileRow.table(profile, layout) }
        if let comparison { lines += [""] + comparison.lines }
        return lines
    }

    private var title: String {
        let name = subject == .train ? "training" : "inference"
        return "\(name), batch \(batch), \(Format.counted(threads, "thread")), "
            + "\(Format.count(parameters)) parameters, \(data) images"
    }
}

extension BenchComparison {
    fileprivate var lines: [String] {
        func ratio(_ value: Double) -> String { Format.fixed(value, 3) }
        return [
            "against \(against) (median \(Format.fixed(earlierMedian, 1)), "
                + "\(Format.counted(earlierSampleCount, "sample"))): \(outcome.verdict.rawValue)",
            "\(ratio(outcome.ratio)) times as fast, 95 % interval \(ratio(outcome.ratioLow)) to "
                + "\(ratio(outcome.ratioHigh)), p \(Format.significant(outcome.pValue, 3))",
        ] + notes.map { "NOTE: \($0)" }
    }
}

extension ProfileRow {
    /// Columns with a title row; times are milliseconds a step, summed over threads.
    static func table(_ rows: [ProfileRow], _ layout: TextLayout) -> [String] {
        var table = TextTable(
            .text("section"), .number("ms/step"), .number("share"), .number("calls", rank: 4),
            .number("GFLOP/s", rank: 1), .number("GB/s", rank: 2), .number("FLOP/byte", rank: 3))
        for row in rows { table.add(row.cells) }
        return table.lines(layout)
    }

    private var cells: [String] {
        func fixed(_ value: Double?, _ digits: Int) -> String {
            value.map { Format.fixed($0, digits) } ?? "-"
        }
        return [
            name, fixed(secondsPerStep * 1000, 3), Format.percent(share, digits: 1),
            callsPerStep > 0 ? fixed(callsPerStep, 1) : "-", fixed(gigaflopsPerSecond, 1),
            fixed(gigabytesPerSecond, 1), fixed(flopsPerByte, 1),
        ]
    }
}
