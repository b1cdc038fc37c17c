import DigitPipeline

extension ListedRun {
    /// All that the store has of the run, and what its model was found to do on each set.
    func json() throws -> JSONValue {
        var details = try JSONStyle.record.value(details).typedDetails
        details["accuracy"] = .object([
            "validation": accuracy.validation.map { .number($0) } ?? .null,
            "test": accuracy.test.map { .number($0) } ?? .null,
        ])
        details["best_epoch"] = bestEpoch.map { .integer(Int64($0.number)) } ?? .null
        return details
    }
}

extension SweepLeader {
    func json() throws -> JSONValue {
        .object([
            "sweep": .text(sweep), "configurations": .integer(Int64(configurations)),
            "best": try JSONStyle.named.value(best).typedRow,
        ])
    }
}
