import Foundation

/// The networks that a configuration can name, or one of the user's own as a list of layers.
public enum NetworkKind: Sendable, Equatable {
    case digitCNN, mlp, leNet5, resNet
    case layers([LayerDescription])

    private static let named: [(name: String, kind: NetworkKind)] = [
        ("digitcnn", .digitCNN), ("mlp", .mlp), ("lenet5", .leNet5), ("resnet", .resNet),
    ]

    public static var names: [String] { named.map(\.name) }

    /// What the names of its model files begin with.
    var fileName: String { Self.named.first { $0.kind == self }?.name ?? "network" }
}

/// A name, or the layers as JSON.
extension NetworkKind: LosslessStringConvertible {
    public init?(_ text: String) {
        if let named = Self.named.first(where: { $0.name == text }) {
            self = named.kind
            return
        }
        guard text.hasPrefix("["),
            let layers = try? JSONDecoder().decode(
                [LayerDescription].self, from: Data(text.utf8)), !layers.isEmpty
        else { return nil }
        self = .layers(layers)
    }

    public var description: String {
        guard case .layers(let layers) = self else { return fileName }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do { return String(decoding: try encoder.encode(layers), as: UTF8.self) } catch {
            // A layer of the user's own code, of which no configuration can be made.
            preconditionFailure("\(error)")
        }
    }
}
