import Training

/// What the key `normalization` asks for.
enum NormalizationChoice: Equatable {
    /// MNIST's constants for images of one channel, whatever they show; measured for the others.
    case automatic
    /// Of the training images, channel by channel.
    case measured
    case given(InputNormalization)

    static let allowed =
        "auto, measured, or means and standard deviations of byte/255, one a channel, such as "
        + "0.1307/0.3081 or 0.49,0.48,0.45/0.25,0.24,0.26"

    /// Nil for what is none of them.
    init?(_ text: String) {
        switch text {
        case "auto": self = .automatic
        case "measured": self = .measured
        default:
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map {
                $0.split(separator: ",", omittingEmptySubsequences: false).map {
                    Double($0.filter { $0 != " " })
                }
            }
            guard parts.count == 2, parts[0].count == parts[1].count else { return nil }
            let (means, deviations) = (parts[0].compactMap(\.self), parts[1].compactMap(\.self))
            guard means.count == parts[0].count, deviations.count == parts[1].count else {
                return nil
            }
            let given = InputNormalization(mean: means, standardDeviation: deviations)
            guard given.isUsable else { return nil }
            self = .given(given)
        }
    }
}
