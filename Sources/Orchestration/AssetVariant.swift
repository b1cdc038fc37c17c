/// What an asset's content depends on besides its config and its inputs, and nobody chooses: the kind
/// of machine that makes it. Part of the asset's version.
package struct AssetVariant: Sendable {
    /// In plain words; equal for equal content.
    package let name: String
    /// The name for what a run made that didn't record it, from the run's environment; nil where
    /// that doesn't say.
    let recorded: @Sendable ([String: String]) throws -> String?
    let others: Others

    /// What is done where only another variant of the asset is stored.
    package enum Others: Sendable {
        /// The run ends and says so: making the asset again may take long, and taking the other one
        /// gives other content than this machine's.
        case refused
        case taken
        /// The asset is made, as it is where nothing is stored.
        case ignored
    }

    package init(
        name: String, others: Others,
        recorded: @escaping @Sendable ([String: String]) throws -> String?
    ) {
        self.name = name
        self.others = others
        self.recorded = recorded
    }
}

/// What an earlier run made of the same code, config and inputs, but under another version: another
/// variant, or one that was made before variants were part of versions.
struct OtherVersion {
    let materialization: Materialization
    /// Nil where nobody recorded it.
    let variant: String?
}

extension RunStore {
    /// What there is of an asset whose version differs by its variant alone, or by having none; the
    /// latest first.
    ///
    /// - Parameter version: the asset's version if its variant has a name, or none.
    /// - Throws: `StoreError`, and what `variant.recorded` throws.
    func otherVersions(
        of asset: AssetDefinition, config: String, _ variant: AssetVariant,
        version: (_ variant: String?) -> AssetVersion
    ) throws -> [OtherVersion] {
        try materializations(of: asset, config: config).compactMap { made in
            let name = made.metadata.variantName
            guard made.version == version(name) else { return nil }
            if let name { return OtherVersion(materialization: made, variant: name) }
            let environment = try made.run.map { try run($0).environment }
            return OtherVersion(
                materialization: made, variant: try variant.recorded(environment ?? [:]))
        }
    }
}

extension Metadata {
    /// The entry that names an asset's variant.
    static let variant = "made_on"

    /// The variant that a materialisation recorded.
    var variantName: String? { self[Metadata.variant]?.text }
}
