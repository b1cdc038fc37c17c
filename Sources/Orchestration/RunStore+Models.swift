import Foundation
import GRDB

extension RunStore {
    /// Everything that was made of an asset, the last made first.
    public func materializations(ofAsset asset: String) throws -> [Materialization] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM materialization WHERE asset = ? ORDER BY id DESC",
                arguments: [asset]
            ).map(materialization)
        }
    }

    /// The same, with this entry in its metadata.
    public func materializations(
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
