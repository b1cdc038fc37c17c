import DigitPipeline
import Training
import Yams

/// A network's layers as a YAML file lists them:
///
///     network:
///       - conv2d: {name: conv1, channels: 16, kernel: 3, padding: 1}
///       - relu
///       - flatten
///       - linear: {outputs: 10}
///
/// What a scalar is, is decided by the option that it is given to: `name: 0` is a name. A quoted one is a
/// text, whatever it looks like.
enum YAMLLayers {
    /// A list of layers that can't be read.
    struct Fault: Error {
        let line: Int?
        let problem: String
    }

    /// The layers as the text that the key `network` takes.
    ///
    /// - Throws: `Fault` with the line of the first that is none.
    static func text(_ nodes: Node.Sequence) throws(Fault) -> String {
        let list = Node.sequence(nodes)
        try checkKeys(list)
        do {
            let layers = try YAMLDecoder().decode([LayerDescription].self, from: list)
            return NetworkKind.layers(layers).description
        } catch {
            guard let error = error as? DecodingError else {
                throw Fault(line: list.mark?.line, problem: "\(error)")
            }
            throw Fault(
                line: list.line(at: error.context?.codingPath ?? []), problem: error.problem)
        }
    }

    /// The decoder passes over keys that aren't words.
    private static func checkKeys(_ node: Node) throws(Fault) {
        for (key, value) in node.mapping ?? [:] {
            guard key.scalar != nil else {
                throw Fault(line: key.mark?.line, problem: "a key must be one word")
            }
            try checkKeys(value)
        }
        for element in node.sequence ?? [] { try checkKeys(element) }
    }
}

extension Node {
    /// The line of what lies at a path, or of the last that there is on the way.
    fileprivate func line(at path: [any CodingKey]) -> Int? {
        guard let key = path.first else { return mark?.line }
        let next = key.intValue.map { sequence?[$0] } ?? mapping?[key.stringValue]
        return next?.line(at: Array(path.dropFirst())) ?? mark?.line
    }
}
