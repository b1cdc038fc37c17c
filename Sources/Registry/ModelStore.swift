import Foundation

/// Where the registry keeps its objects: named bytes, as a folder or a bucket has them.
///
/// Keys are names joined by "/", none of them empty or starting with a dot. The registry's logic
/// needs no more than this, so that a store can be a file system or an object service. A store
/// without locks runs the bodies of `exclusively` at once and relies on the conditions of `put` and
/// `append`, which must hold between any two writers.
package protocol ModelStore: Sendable {
    /// Names the store in messages.
    var location: String { get }

    func exists(_ key: String) throws -> Bool

    /// The object's bytes, or nil when there is none.
    func get(_ key: String) throws -> Data?

    /// Writes a whole object: durably, and so that no reader sees a part of it.
    ///
    /// - Throws: `RegistryError.alreadyExists` when `condition` is `.ifAbsent` and it is not.
    func put(_ data: Data, at key: String, condition: PutCondition) throws

    /// Adds to the end of an object, which is made if there is none; durable on return.
    ///
    /// - Throws: `RegistryError.conflict` when the object isn't `expectedByteCount` long.
    func append(_ data: Data, to key: String, expectedByteCount: Int) throws

    /// Removes an object; none is no error.
    func delete(_ key: String) throws

    /// Keys that start with `prefix`, with the objects' sizes in bytes.
    func list(prefix: String) throws -> [String: Int]

    /// A local file with the object's content.
    ///
    /// - Throws: `RegistryError.modelMissing`.
    func localFile(_ key: String) throws -> URL

    /// Runs `body` while nobody else, thread or process, is in here. Reading needs no lock.
    func exclusively<Result>(_ body: () throws -> Result) throws -> Result
}

/// What must hold for an object to be written.
package enum PutCondition: Sendable {
    case always
    case ifAbsent
}
