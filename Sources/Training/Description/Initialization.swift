/// How a layer's weights are drawn before training; biases follow PyTorch's default, or are zero where
/// the weights aren't drawn by it.
public enum Initialization: String, Codable, Sendable, Equatable, CaseIterable {
    /// PyTorch's default: weights and biases uniform in ±1/√fan_in.
    case standard
    case kaimingUniform = "kaiming_uniform"
    case kaimingNormal = "kaiming_normal"
    case xavierUniform = "xavier_uniform"
    case xavierNormal = "xavier_normal"
    case orthogonal
    case zero
}
