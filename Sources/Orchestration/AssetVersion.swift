import DurableFiles
import Foundation

/// What an asset's content depends on, as one digest: its code version, its config and the versions
/// of its inputs.
///
/// Two materialisations of one version hold the same bytes, as long as the asset's function is
/// deterministic and its code version tells its changes.
package struct AssetVersion: Sendable, Hashable, Codable, CustomStringConvertible {
    /// 64 hexadecimal digits.
    package let digest: String

    package var description: String { digest }
    /// Enough to tell versions apart in a table.
    package var short: String { String(digest.prefix(12)) }

    package init(digest: String) { self.digest = digest }

    /// - Parameters:
    ///   - config: canonical text of the keys that the asset reads, and of no others.
    ///   - source: for what comes from outside, the digest of what is there.
    ///   - variant: the name of the kind of machine, where the content depends on it.
    ///   - inputs: by name of the input; those of other assets are ignored.
    package init(
        of asset: AssetDefinition, config: String, source: String? = nil, variant: String? = nil,
        inputs: [String: AssetVersion]
    ) {
        let hasher = SHA256()
        func add(_ text: String) {
            // Lengths keep parts apart: "ab" + "c" is not "a" + "bc".
            let bytes = Array(text.utf8)
            hasher.update(Array("\(bytes.count):".utf8))
            hasher.update(bytes)
        }
        add(asset.name)
        add(asset.codeVersion)
        add(config)
        for input in asset.inputs.sorted() {
            guard let version = inputs[input] else {
                preconditionFailure("\(asset.name) without the version of \(input)")
            }
            add(input)
            add(version.digest)
        }
        if let source { add("from outside: \(source)") }
        if let variant { add("made on: \(variant)") }
        digest = hasher.finalize()
    }

    package init(from decoder: any Decoder) throws {
        digest = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(digest)
    }
}
