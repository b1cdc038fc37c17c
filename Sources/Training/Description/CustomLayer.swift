import Kernels

/// A user's own layer in a description: its title, and how to build it for an input's shape.
///
/// It can't be written to a file: a model with one is loaded by giving the description anew.
public struct CustomLayer: Sendable, Equatable {
    /// What summaries call it.
    public let title: String
    private let build: @Sendable (_ name: String, _ input: SampleShape) -> any Layer

    /// - Parameters:
    ///   - title: for summaries; two custom layers of one title count as equal.
    ///   - build: makes the layer for an input of that shape; its parameters' and buffers' names begin
    ///     with `name` and a point. First values that are to depend on the network's seed it draws in
    ///     `Layer.initialize`.
    public init(
        _ title: String,
        build: @escaping @Sendable (_ name: String, _ input: SampleShape) -> any Layer
    ) {
        self.title = title
        self.build = build
    }

    /// Stands for a layer that is there already.
    init(given layer: any Layer) {
        self.init("\(type(of: layer))") { name, _ in
            preconditionFailure("\(name): a layer that was given isn't built")
        }
    }

    func make(name: String, input: SampleShape) -> any Layer { build(name, input) }

    public static func == (left: CustomLayer, right: CustomLayer) -> Bool {
        left.title == right.title
    }
}

extension LayerDescription {
    /// A layer of the caller's making, of any input and output shape.
    ///
    /// - Parameters:
    ///   - title: for summaries.
    ///   - build: makes the layer for an input's shape; its `inputShape` is that. Called with the path of
    ///     the layer, with which its parameters' names begin. Called for the graph as well, to learn
    ///     the output's shape: it makes a new layer each time.
    public static func custom(
        _ name: String? = nil, _ title: String,
        build: @escaping @Sendable (_ name: String, _ input: SampleShape) -> any Layer
    ) -> LayerDescription {
        LayerDescription(.custom(CustomLayer(title, build: build)), name: name)
    }
}
