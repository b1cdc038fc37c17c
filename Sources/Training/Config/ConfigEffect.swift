/// What a configuration key changes. Whoever must know which keys decide something (what is taken from
/// an earlier run, which trainings are the same, what tells trials of a sweep apart) asks for it.
public enum ConfigEffect: String, Sendable, CaseIterable {
    /// Which images there are.
    case data
    /// What is made of them: which training images are set aside, and how bytes become inputs.
    case preparation
    /// What is trained.
    case network
    /// How it is trained.
    case training
    /// Which of the trainings that differ by chance alone it is.
    case randomness
    /// What may be deployed.
    case gate
    /// Where files lie.
    case location
    /// How this machine works, and what is kept for a resumed training. Results don't depend on it.
    case machine
    /// The defaults of other keys, and nothing else.
    case defaults
}

extension Set<ConfigEffect> {
    /// What a trained model depends on besides the data.
    public static let model: Set = [.network, .training, .randomness]

    /// What trainings differ in on purpose: all that the result depends on but chance.
    public static let configuration: Set = [.data, .preparation, .network, .training]
}

extension Sequence {
    /// Those keys that affect one of these, in their order.
    public func affecting<Root>(_ effects: Set<ConfigEffect>) -> [ConfigKey<Root>]
    where Element == ConfigKey<Root> {
        filter { effects.contains($0.effect) }
    }
}
