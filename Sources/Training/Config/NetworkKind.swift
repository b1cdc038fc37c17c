import Foundation

/// The networks that a configuration can name, or one of the user's own as a list of layers.
public enum NetworkKind: Sendable, Equatable {
    case digitCNN, mlp, leNet5, resNet
    case layers([LayerDescription])

    private static let named: [(name: String, kind: NetworkKind)] = [
        ("digitcnn", .digitCNN), ("mlp", .mlp), ("lenet5", .leNet5), ("resnet", .resNet),
    ]

    var isList: Bool { if case .layers = self { true } else { false } }

    public static var names: [String] { named.map(\.name) }

    /// A word for it, with which the names of its model files begin.
    public var name: String { Self.named.first { $0.kind == self }?.name ?? "network" }
}

/// A name, or the layers as JSON.
extension NetworkKind: LosslessStringConvertible {
    public init?(_ text: String) {
        do { try self.init(reading: text) } catch { return nil }
    }

    /// - Throws: with the layer at fault, for a list that makes none.
    init(reading text: String) throws(ConfigTextError) {
        if let named = Self.named.first(where: { $0.name == text }) {
            self = named.kind
            return
        }
        guard text.hasPrefix("[") else { throw ConfigTextError() }
        let layers: [LayerDescription]
        do {
            layers = try JSONDecoder().decode([LayerDescription].self, from: Data(text.utf8))
        } catch { throw Self.noList((error as? DecodingError)?.problem ?? "\(error)") }
        guard !layers.isEmpty else { throw Self.noList("a network needs a layer") }
        self = .layers(layers)
    }

    private static func noList(_ problem: String) -> ConfigTextError {
        ConfigTextError(allowed: "a list of layers; \(problem)")
    }

    /// Of layers that can't be written, a text that isn't read as a network: no configuration with
    /// them is valid (`problem`).
    public var description: String {
        guard case .layers(let layers) = self else { return name }
        return "[\(layers.map(\.json).joined(separator: ","))]"
    }

    /// What it would have to be, if no configuration can have it.
    var problem: String? {
        guard case .layers(let layers) = self else { return nil }
        if layers.isEmpty { return "one or more layers" }
        do { _ = try Checkpoint.json(layers) } catch {
            return
                "layers that can be written, and one is of the user's own code; such a network is "
                + "made from a NetworkDescription"
        }
        return nil
    }
}

extension LayerDescription {
    /// As files have it; of a layer of the user's own code, which no file can have, a text that isn't read
    /// as one.
    package var json: String {
        (try? Checkpoint.json(self)) ?? "a layer that can't be written"
    }
}
