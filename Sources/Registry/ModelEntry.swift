import Foundation

/// A model that the registry keeps. Its content never changes; its digest is its name.
struct ModelEntry: Codable, Equatable {
    static let folder = "models/"

    var digest: String
    /// The name that the file had when it was first added.
    var fileName: String
    var byteCount: Int
    var addedAt: Date

    enum CodingKeys: String, CodingKey {
        case digest = "sha256"
        case fileName = "file_name"
        case byteCount = "bytes"
        case addedAt = "added_at"
    }

    /// Where the entry itself is stored.
    var key: String { "\(Self.folder)\(digest).json" }

    var contentKey: String { "\(Self.folder)\(digest)/\(fileName)" }

    /// At most 200 bytes, no path, no control characters, no dot in front.
    static func isPlainName(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && name.utf8.count <= 200
            && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0 != "/" }
    }

    static func digest(ofEntryKey key: String) -> String? {
        let name = key.dropFirst(folder.count)
        guard name.hasSuffix(".json") else { return nil }
        let digest = String(name.dropLast(5))
        return digest.isDigest ? digest : nil
    }
}

extension String {
    /// 64 lower-case hexadecimal digits.
    var isDigest: Bool { utf8.count == 64 && isLowerHex }

    var isLowerHex: Bool {
        utf8.allSatisfy {
            ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
                || ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "f"))
        }
    }
}

/// A stored model and what was decided on it.
package struct RegisteredModel: Sendable, Equatable {
    /// SHA-256 of the file, 64 lower-case hexadecimal digits.
    package var digest: String
    package var fileName: String
    package var byteCount: Int
    package var addedAt: Date
    package var isDeployed: Bool
    /// Oldest first.
    package var decisions: [Decision]

    /// The figures that the latest decision with any saw.
    package var metrics: GateMetrics? { measured?.metrics }

    /// Where `metrics` come from; nil as well in decisions from before that was recorded.
    package var measurement: ModelMeasurement? { measured?.measurement }

    private var measured: Decision? { decisions.last { !$0.metrics.values.isEmpty } }

    /// `0123456789ab  digitcnn_….safetensors`
    var label: String { "\(digest.prefix(12))  \(fileName)" }
}

/// A stored model's content, whose digest was checked as it was read.
package struct VerifiedModel: Sendable, Equatable {
    package var digest: String
    package var fileName: String
    /// The whole file. Parse this rather than the file at `url`, which could change meanwhile.
    package var data: Data
    package var url: URL
}
