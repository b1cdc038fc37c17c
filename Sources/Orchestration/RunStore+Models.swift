import Foundation
import GRDB

extension RunStore {
    /// Whether anything was ever recorded, and not all of it deleted and cleaned.
    package func hasRecords() throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db,
                sql: "SELECT EXISTS (SELECT 1 FROM run) OR EXISTS (SELECT 1 FROM materialization)")
                ?? false
        }
    }

    /// Everything that was made of an asset, the last made first.
    package func materializations(ofAsset asset: String) throws -> [Materialization] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM materialization WHERE asset = ? ORDER BY id DESC",
                arguments: [asset]
            ).map(materialization)
        }
    }

    /// The same, with this entry in its metadata.
    package func materializations(
        ofAsset asset: String, with name: String, equal text: String
    ) throws -> [Materialization] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM materialization
                    WHERE asset = ? AND json_valid(metadata) AND json_extract(metadata, '$.' || ?) = ? ORDER BY id DESC
                    """, arguments: [asset, name, text]
            ).map(materialization)
        }
    }
}
