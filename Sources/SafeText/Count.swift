/// Whole numbers as people read them, in one way for terminal, pages and messages.
package enum Count {
    /// `455,754`
    package static func grouped(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return (value < 0 ? "-" : "") + text
    }

    /// `1 epoch`, `1,200 images`
    ///
    /// - Parameter plural: where it isn't the word with an s.
    package static func of(_ value: Int, _ word: String, plural: String? = nil) -> String {
        "\(grouped(value)) " + (value == 1 ? word : plural ?? word + "s")
    }
}
