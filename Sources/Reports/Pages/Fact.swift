/// A labelled text: a headline figure, a piece of evidence, a property of the machine.
public struct Fact: Equatable, Sendable {
    public let label: String
    /// With its unit, as it is to be read.
    public let value: String

    public init(_ label: String, _ value: String) {
        self.label = label
        self.value = value
    }
}
