/// An error whose message has more than one line.
///
/// Any other's is one line, whatever its values hold: a file's name with a line break can't add a
/// line to what the program says.
public protocol MultilineError: Error {
    var lines: [String] { get }
}

extension MultilineError {
    public var description: String { lines.joined(separator: "\n") }
}

/// The lines of an error's message.
public func messageLines(of error: any Error) -> [String] {
    (error as? any MultilineError)?.lines ?? ["\(error)"]
}
