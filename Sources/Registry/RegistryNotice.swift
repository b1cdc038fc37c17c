/// What a deployment had to mend first, or what went wrong with it that doesn't change it.
package enum RegistryNotice: Sendable, Equatable, CustomStringConvertible {
    /// The last line of the record was never finished; it was moved to an object of its own.
    case partialLineRemoved(byteCount: Int, keptAs: String)
    /// The pointer was older than the record.
    case pointerRenewed(deployed: String?)
    /// An object that belongs to no model.
    case setAside(key: String, reason: String, keptAs: String)
    /// A model's entry was lost or damaged, and follows from the record and the content.
    case entryRestored(key: String)
    /// What was deployed before the decision can't be used.
    case deployedDamaged(reason: String)
    /// The record has the decision, and the disk didn't confirm it.
    case lineNotSynced(reason: String)
    /// The record has the decision; the next deployment renews the pointer.
    case pointerNotWritten(reason: String)

    package var description: String {
        switch self {
        case .partialLineRemoved(let byteCount, let keptAs):
            "the record of decisions ended in \(byteCount) bytes of an unfinished line; "
                + "they were moved to \(keptAs), every finished line is in place"
        case .pointerRenewed(let deployed):
            "the pointer to the deployed model was older than the record and was renewed: "
                + (deployed ?? "nothing is deployed")
        case .setAside(let key, let reason, let keptAs):
            "\(key) was set aside as \(keptAs): \(reason)"
        case .entryRestored(let key):
            "\(key): written again, from the record and the model's content"
        case .deployedDamaged(let reason):
            "the model that was deployed can't be used: \(reason)"
        case .lineNotSynced(let reason):
            "the decision is on record, but the disk didn't confirm it, and a power loss could take "
                + "it back: \(reason)"
        case .pointerNotWritten(let reason):
            "the decision is on record; the pointer beside it couldn't be written, which the next "
                + "deployment makes good: \(reason)"
        }
    }
}
