import DigitPipeline
import Foundation
import Training
import Yams

/// A network's layers as a YAML file lists them:
///
///     network:
///       - conv2d: {name: conv1, channels: 16, kernel: 3, padding: 1}
///       - relu
///       - flatten
///       - linear: {outputs: 10}
enum YAMLLayers {
    /// The layers as the text that the key takes.
    ///
    /// - Throws: `RunConfigError.layer` with the line of the first that is none.
    static func text(_ nodes: Node.Sequence, path: String) throws -> String {
        let layers = try nodes.map { node in
            do { return try layer(node) } catch let error as DecodingError {
                throw RunConfigError.layer(
                    origin: .file(path: path, line: node.mark?.line ?? 1), problem: error.problem)
            }
        }
        return NetworkKind.layers(layers).description
    }

    private static func layer(_ node: Node) throws -> LayerDescription {
        let data = try JSONSerialization.data(
            withJSONObject: json(node), options: .fragmentsAllowed)
        return try JSONDecoder().decode(LayerDescription.self, from: data)
    }

    private static func json(_ node: Node) -> Any {
        if let mapping = node.mapping {
            var object: [String: Any] = [:]
            for (key, value) in mapping { object[key.string ?? ""] = json(value) }
            return object
        }
        if let sequence = node.sequence { return sequence.map(json) }
        if let whole = node.int { return whole }
        if let number = node.float { return number }
        if let flag = node.bool { return flag }
        return node.string ?? ""
    }
}

extension DecodingError {
    /// What is wrong with a layer, after the option that it is about.
    fileprivate var problem: String {
        let (context, what): (Context, String?) =
            switch self {
            case .typeMismatch(_, let context): (context, nil)
            case .valueNotFound(_, let context): (context, nil)
            case .keyNotFound(let key, let context): (context, "\(key.stringValue) is missing")
            case .dataCorrupted(let context): (context, nil)
            @unknown default: (Context(codingPath: [], debugDescription: "\(self)"), nil)
            }
        let text = what ?? context.debugDescription
        // Some say themselves which layer they are about.
        var path = context.codingPath.map(\.stringValue)
        if let last = path.last, text.hasPrefix("\(last):") { path.removeLast() }
        return path.isEmpty ? text : "\(path.joined(separator: ".")): \(text)"
    }
}
