import Foundation

/// What an asset holds, in memory and as the bytes that are kept.
package protocol AssetContent: Sendable {
    /// - Throws: an error that says what is wrong with the bytes.
    init(artifact: Data) throws
    /// The same bytes for the same content.
    func artifact() throws -> Data
}

/// A definition with the function that makes its content.
package struct Asset<Content: AssetContent>: Sendable {
    package let definition: AssetDefinition
    /// Canonical JSON of the config keys that the function reads, and of no others.
    let config: String
    let source: (@Sendable () throws -> String)?
    let variant: (@Sendable (AssetInputs) throws -> AssetVariant)?
    let stands: (@Sendable (Metadata) throws -> Bool)?
    let provenance: (@Sendable (String) throws -> Materialization?)?
    let make: @Sendable (AssetInputs) throws -> Made<Content>

    package var name: String { definition.name }

    /// - Parameters:
    ///   - source: for what comes from outside, the digest of what is there now; part of the
    ///     version, so that other data is another asset.
    ///   - variant: for what isn't the same on every kind of machine, which one this machine makes.
    ///   - stands: for what acts on the outside, whether what it did there, which its metadata
    ///     tells, is still so; else it is made again, whatever its version.
    ///   - provenance: what an earlier run made of a predecessor that this asset was made with, for the
    ///     record.
    ///   - make: a function of the inputs, the config and the source alone.
    package init(
        _ definition: AssetDefinition, config: some Encodable,
        source: (@Sendable () throws -> String)? = nil,
        variant: (@Sendable (AssetInputs) throws -> AssetVariant)? = nil,
        stands: (@Sendable (Metadata) throws -> Bool)? = nil,
        provenance: (@Sendable (String) throws -> Materialization?)? = nil,
        make: @escaping @Sendable (AssetInputs) throws -> Made<Content>
    ) throws {
        self.definition = definition
        self.config = try JSONText.encode(config)
        self.source = source
        self.variant = variant
        self.stands = stands
        self.provenance = provenance
        self.make = make
    }
}

/// What an asset's function gives back.
package struct Made<Content: AssetContent>: Sendable {
    package let content: Content
    package let metadata: Metadata
    package let checks: [CheckResult]
    /// Why nothing is to be made from it, such as a gate's refusal; nil if all is well.
    package let halt: String?
    /// Why it may come out otherwise the next time though nothing that its version tells has changed,
    /// such as a disk that couldn't be read; then it is made again.
    package let provisional: String?

    package init(
        _ content: Content, metadata: Metadata = [:], checks: [CheckResult] = [],
        halt: String? = nil, provisional: String? = nil
    ) {
        self.content = content
        self.metadata = metadata
        self.checks = checks
        self.halt = halt
        self.provisional = provisional
    }
}

/// The contents that an asset's function asks for; what an earlier run made is read only then.
package struct AssetInputs {
    let contents: (String) throws -> any AssetContent
    let materializations: [String: Materialization]

    /// The record of an input.
    ///
    /// - Precondition: the asset is one of the inputs.
    package func materialization<Content>(_ asset: Asset<Content>) -> Materialization {
        guard let found = materializations[asset.name] else {
            preconditionFailure("\(asset.name) is none of the inputs")
        }
        return found
    }

    /// - Precondition: the asset is one of the inputs.
    /// - Throws: `ArtifactError`, and what the content's `init(artifact:)` throws.
    package func callAsFunction<Content>(_ asset: Asset<Content>) throws -> Content {
        guard let content = try contents(asset.name) as? Content else {
            preconditionFailure("\(asset.name) is of another type")
        }
        return content
    }
}

/// An asset of whatever content.
package struct AnyAsset: Sendable {
    package let definition: AssetDefinition
    let config: String
    let source: (@Sendable () throws -> String)?
    let variant: (@Sendable (AssetInputs) throws -> AssetVariant)?
    let stands: (@Sendable (Metadata) throws -> Bool)?
    let provenance: (@Sendable (String) throws -> Materialization?)?
    let make: @Sendable (AssetInputs) throws -> MadeArtifact
    let read: @Sendable (Data) throws -> any AssetContent

    package init<Content>(_ asset: Asset<Content>) {
        definition = asset.definition
        config = asset.config
        source = asset.source
        variant = asset.variant
        stands = asset.stands
        provenance = asset.provenance
        make = { inputs in
            let made = try asset.make(inputs)
            var metadata = made.metadata
            metadata[Metadata.halt] = made.halt.map(MetadataValue.text)
            metadata[Metadata.provisional] = made.provisional.map(MetadataValue.text)
            return MadeArtifact(
                content: made.content, bytes: try made.content.artifact(), metadata: metadata,
                checks: made.checks)
        }
        read = { try Content(artifact: $0) }
    }
}

struct MadeArtifact {
    let content: any AssetContent
    let bytes: Data
    let metadata: Metadata
    let checks: [CheckResult]
}
