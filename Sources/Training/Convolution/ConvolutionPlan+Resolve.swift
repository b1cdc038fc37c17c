extension ConvolutionPlan {
    /// The plan for a network, by what its config asks for.
    public static func resolved(
        _ config: ModelConfig, inputHeight: Int, inputWidth: Int
    ) -> ConvolutionPlan {
        switch config.convolution {
        case .im2col: .im2col
        case .winograd2: .winograd2
        case .winograd4, .auto, .measure: .winograd4
        }
    }
}
