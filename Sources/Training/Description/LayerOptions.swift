import Kernels

/// What a kind of layer can be told in a file. Defaults are those of the description's initialisers.
protocol LayerOptions: Sendable {
    /// With each option's default; an option without one has any value here.
    static var usual: Self { get }
    /// In the order in which they are written.
    static var table: [LayerOption<Self>] { get }
}

/// An option of a layer: its name in files and the property that it sets.
struct LayerOption<Options> {
    let read: (LayerFields, inout Options) throws -> Void
    let write: (Options, inout LayerWriter) throws -> Void

    /// One that has to be there.
    static func required<Value: Codable>(
        _ name: String, _ path: WritableKeyPath<Options, Value>
    ) -> Self {
        Self(
            read: { $1[keyPath: path] = try $0.required(name) },
            write: { try $1.write(name, $0[keyPath: path]) })
    }

    /// One that is left out where it has its default.
    ///
    /// - Parameter usual: what the default is, given the options above it.
    static func optional<Value: Codable & Equatable>(
        _ name: String, _ path: WritableKeyPath<Options, Value>,
        usual: @escaping (Options) -> Value
    ) -> Self {
        Self(
            read: { $1[keyPath: path] = try $0.optional(name) ?? usual($1) },
            write: { options, fields in
                let value = options[keyPath: path]
                if value != usual(options) { try fields.write(name, value) }
            })
    }
}

extension LayerOption where Options: LayerOptions {
    static func optional<Value: Codable & Equatable>(
        _ name: String, _ path: WritableKeyPath<Options, Value>
    ) -> Self {
        optional(name, path) { _ in Options.usual[keyPath: path] }
    }
}

// MARK: - Of each kind

extension LayerDescription.Convolution: LayerOptions {
    static var usual: Self { Self(channels: 1, kernel: 1) }
    static var table: [LayerOption<Self>] {
        [
            .required("channels", \.channels), .required("kernel", \.kernel),
            .optional("stride", \.stride), .optional("padding", \.padding),
            .optional("dilation", \.dilation), .optional("groups", \.groups),
            .optional("bias", \.hasBias), .optional("initialization", \.initialization),
        ]
    }
}

/// A convolution of each channel by itself, of which a file says the multiplier and no groups.
struct DepthwiseOptions: LayerOptions {
    var layer: LayerDescription.Convolution

    static var usual: Self {
        Self(layer: LayerDescription.Convolution(channels: 1, kernel: 1, isDepthwise: true))
    }
    static var table: [LayerOption<Self>] {
        [
            .optional("multiplier", \.layer.channels), .required("kernel", \.layer.kernel),
            .optional("stride", \.layer.stride), .optional("padding", \.layer.padding),
            .optional("dilation", \.layer.dilation), .optional("bias", \.layer.hasBias),
            .optional("initialization", \.layer.initialization),
        ]
    }
}

extension LayerDescription.FullyConnected: LayerOptions {
    static var usual: Self { Self(outputs: 1) }
    static var table: [LayerOption<Self>] {
        [
            .required("outputs", \.outputs), .optional("bias", \.hasBias),
            .optional("initialization", \.initialization),
        ]
    }
}

extension LayerDescription.BatchNormalization: LayerOptions {
    static var usual: Self { Self() }
    static var table: [LayerOption<Self>] {
        [.optional("epsilon", \.epsilon), .optional("momentum", \.momentum)]
    }
}

extension LayerDescription.GroupNormalization: LayerOptions {
    static var usual: Self { Self(groups: 1) }
    static var table: [LayerOption<Self>] {
        [.required("groups", \.groups), .optional("epsilon", \.epsilon)]
    }
}

extension LayerDescription.LayerNormalization: LayerOptions {
    static var usual: Self { Self() }
    static var table: [LayerOption<Self>] { [.optional("epsilon", \.epsilon)] }
}

extension LayerDescription.Pooling: LayerOptions {
    static var usual: Self { Self(kernel: 1) }
    static var table: [LayerOption<Self>] {
        [
            .required("kernel", \.kernel), .optional("stride", \.stride) { $0.kernel },
            .optional("padding", \.padding),
        ]
    }
}

/// Of `Activation.leakyReLU`.
struct LeakyReLUOptions: LayerOptions {
    var slope: Double

    static var usual: Self { Self(slope: LayerDescription.Defaults.slope) }
    static var table: [LayerOption<Self>] { [.optional("slope", \.slope)] }
}
