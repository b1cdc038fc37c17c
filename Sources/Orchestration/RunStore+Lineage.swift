import Foundation
import GRDB

/// Where a materialisation comes from: its inputs, theirs, and so on down to the data.
package struct Lineage: Sendable, Codable, Equatable {
    package let materialization: Materialization
    /// By the input's name.
    package let inputs: [String: Lineage]

    /// Every materialisation once, inputs before what is made from them.
    package var all: [Materialization] {
        var found: [Materialization] = []
        func visit(_ lineage: Lineage) {
            for (_, input) in lineage.inputs.sorted(by: { $0.key < $1.key }) { visit(input) }
            if !found.contains(where: { $0.id == lineage.materialization.id }) {
                found.append(lineage.materialization)
            }
        }
        visit(self)
        return found
    }
}

extension RunStore {
    /// - Throws: `StoreError`.
    package func lineage(of materialization: Materialization) throws -> Lineage {
        Lineage(
            materialization: materialization,
            inputs: try inputs(of: materialization).mapValues { try lineage(of: $0) })
    }

    /// The runs that made or took an artifact, the latest first.
    package func runs(having artifact: String) throws -> [StoredRun] {
        let ids = try read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT run.id FROM run WHERE run.id IN (
                        SELECT run_asset.run FROM run_asset
                        JOIN materialization ON materialization.id = run_asset.materialization
                        WHERE materialization.artifact = ?
                    ) ORDER BY run.rowid DESC
                    """, arguments: [artifact])
        }
        return try ids.map { try run($0) }
    }

    /// The latest run that has an asset with this entry in its metadata.
    package func run(
        having asset: String, with name: String, equal text: String
    ) throws -> StoredRun? {
        let id = try read { db in
            try String.fetchOne(
                db,
                sql: """
                    SELECT run_asset.run FROM run_asset
                    JOIN materialization ON materialization.id = run_asset.materialization
                    JOIN run ON run.id = run_asset.run
                    WHERE run_asset.asset = ? AND json_extract(metadata, '$.' || ?) = ?
                    ORDER BY run.rowid DESC LIMIT 1
                    """, arguments: [asset, name, text])
        }
        return try id.map { try run($0) }
    }

    /// The latest run that deployed a model, by the model's digest.
    package func run(thatDeployed model: String) throws -> StoredRun? {
        let id = try read { db in
            try String.fetchOne(
                db,
                sql: """
                    SELECT run FROM deployment WHERE model = ? AND outcome = 'deployed'
                    ORDER BY id DESC LIMIT 1
                    """, arguments: [model])
        }
        return try id.map { try run($0) }
    }
}
