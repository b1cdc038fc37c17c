import Foundation
import Glibc

/// How wide lines may be where they are written, and whether colours are understood there.
///
/// Lines are fitted to a terminal, and to `COLUMNS` where that is set; what goes to a pipe or a file is
/// whole.
struct TextLayout: Sendable, Equatable {
    /// Columns; nil where lines may have any length.
    var width: Int?
    var usesColor = false

    /// Narrower than this nothing is read any more: lines stay this wide and the terminal breaks them.
    static let minimumWidth = 40

    /// Of lines that may have any length.
    static let whole = TextLayout(width: nil)

    init(width: Int?, usesColor: Bool = false) {
        self.width = width.map { max($0, Self.minimumWidth) }
        self.usesColor = usesColor
    }

    /// - Parameters:
    ///   - terminalWidth: columns; nil for what is no terminal.
    ///   - isWide: lines may have any length, also on a terminal.
    init(environment: [String: String], terminalWidth: Int?, isWide: Bool = false) {
        let width = Self.columns(environment) ?? terminalWidth
        self.init(
            width: isWide ? nil : width,
            usesColor: terminalWidth != nil && Self.allowsColor(environment))
    }

    /// Of standard output.
    static func standardOutput(isWide: Bool = false) -> TextLayout {
        TextLayout(
            environment: ProcessInfo.processInfo.environment,
            terminalWidth: terminalWidth(STDOUT_FILENO), isWide: isWide)
    }

    /// `TERM=dumb` shows no colours, and `NO_COLOR`, unless it is empty, asks for none
    /// (https://no-color.org).
    static func allowsColor(_ environment: [String: String]) -> Bool {
        environment["TERM"] != "dumb" && (environment["NO_COLOR"] ?? "").isEmpty
    }

    /// What `COLUMNS` says, if it says a width.
    static func columns(_ environment: [String: String]) -> Int? {
        environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    /// Columns of the terminal behind a descriptor, 80 where it doesn't say; nil for what is none.
    static func terminalWidth(_ descriptor: Int32) -> Int? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
