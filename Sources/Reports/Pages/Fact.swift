/// A labelled text: a headline figure, a piece of evidence, a property of the machine.
package struct Fact: Equatable, Sendable {
    package let label: String
    /// With its unit, as it is to be read.
    package let value: String

    package init(_ label: String, _ value: String) {
        self.label = label
        self.value = value
    }

    /// A count as all pages write it: `10,000`.
    package init(_ label: String, count: Int) {
        self.init(label, NumberText.grouped(count))
    }

    /// A duration as all pages write it: `42.0 s`, `3 min 12 s`.
    package init(_ label: String, seconds: Double) {
        self.init(label, NumberText.duration(seconds))
    }

    /// A number to six significant digits.
    package init(_ label: String, number: Double) {
        self.init(label, NumberText.significant(number, digits: 6))
    }
}
