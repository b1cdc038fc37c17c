import Kernels

/// A layer that may be handed more samples than a chunk has, one feature vector a row: fully connected
/// layers, whose weights are then read once for all of them, and what lies between those.
protocol RowLayer: Layer {
    /// Whether its samples are feature vectors.
    var takesGroups: Bool { get }
}

extension RowLayer {
    var takesGroups: Bool { inputShape.pixels == 1 }
}

extension Linear: RowLayer {
    var takesGroups: Bool { true }
}

extension ReLU: RowLayer {}
extension LeakyReLU: RowLayer {}
extension Sigmoid: RowLayer {}
extension Tanh: RowLayer {}
extension SiLU: RowLayer {}
extension GELU: RowLayer {}
extension Dropout: RowLayer {}
extension Flatten: RowLayer {}

/// A layer that brings its parameters into another form once a step, in tasks that are spread over the
/// threads.
protocol PreparedLayer: Layer {
    /// Asks for the form that small products take, where the shapes allow it.
    ///
    /// - Parameter wantsInputGradient: false for a first layer.
    func useSmallProducts(wantsInputGradient: Bool)
    var preparationTaskCount: Int { get }
    func prepare(_ task: Int)
}

extension Linear: PreparedLayer {}
