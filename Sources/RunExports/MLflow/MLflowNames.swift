import DurableFiles
import Foundation

/// Names and values as MLflow takes them.
///
/// What isn't permitted gets another name that ends in eight digits of the old one's SHA-256, so
/// that different names stay different and a name always becomes the same.
///
/// Source: MLflow 3.17, `mlflow/utils/validation.py`. Lengths are in Unicode code points.
enum MLflowNames {
    static let nameLimit = 250
    static let experimentLimit = 500
    static let parameterLimit = 6000
    static let tagLimit = 8000

    /// The name of a parameter, metric or tag: letters, digits and `_-.: /`, and as a path neither
    /// absolute nor with empty parts, `.` or `..`.
    static func key(_ name: String) -> String {
        let permitted = String(
            String.UnicodeScalarView(name.unicodeScalars.map { isPermitted($0) ? $0 : "_" }))
        let parts = permitted.split(separator: "/", omittingEmptySubsequences: false)
        let path = parts.map { ["", ".", ".."].contains($0) ? "_" : String($0) }
            .joined(separator: "/")
        return fitted(path, insteadOf: name, limit: nameLimit)
    }

    /// A path of an artifact without `#`, `%` and `\`, which the server refuses or decodes once
    /// more, and without control characters; the mark is in front, for the end tells the type.
    static func artifactPath(_ path: String) throws -> String {
        // By code points: a mark that joins a slash doesn't make it less of one.
        let parts = path.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false)
            .map { String($0) }
        guard !parts.contains(where: { ["", ".", ".."].contains($0) }) else {
            throw RunExportError.badArtifactPath(
                path, reason: "expected a relative path without empty parts, . and ..")
        }
        return parts.map { name in
            let cleaned = String(
                String.UnicodeScalarView(
                    name.unicodeScalars.map {
                        "#%\\".unicodeScalars.contains($0)
                            || $0.properties.generalCategory == .control
                            ? "_" : $0
                    }))
            return cleaned == name ? name : "\(mark(name))-\(cleaned)"
        }.joined(separator: "/")
    }

    /// `name`, or as much of `text` as fits before the mark when they differ or are too long.
    static func fitted(_ text: String, insteadOf name: String, limit: Int) -> String {
        guard text.unicodeScalars.elementsEqual(name.unicodeScalars),
            name.unicodeScalars.count <= limit
        else { return "\(shortened(text, to: limit - 9))-\(mark(name))" }
        return name
    }

    static func shortened(_ text: String, to limit: Int) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit)))
    }

    private static func mark(_ name: String) -> String {
        String(SHA256.hexDigest(of: Data(name.utf8)).prefix(8))
    }

    /// Python's `\w`, which is letters and numbers of all scripts, but not combining marks.
    private static func isPermitted(_ scalar: UnicodeScalar) -> Bool {
        if scalar.isASCII {
            return "_-.: /".unicodeScalars.contains(scalar)
                || ("0"..."9").contains(scalar) || ("a"..."z").contains(scalar)
                || ("A"..."Z").contains(scalar)
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .decimalNumber, .letterNumber, .otherNumber:
            return true
        default: return false
        }
    }
}
