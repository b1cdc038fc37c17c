import DurableFiles
import Foundation
import SafeText

/// Where progress is written, and what that place can show. A value, so that tests give their own
/// clock, width and sink.
struct Console: Sendable {
    /// Whether a line can be drawn over.
    var isLive: Bool
    var usesColor: Bool
    /// Whether `━` can be shown.
    var usesUnicode: Bool
    /// Whether lines are broken at words to fit.
    private var foldsLines: Bool
    /// Columns, asked anew for each line since a window can change.
    var width: @Sendable () -> Int
    /// Seconds on a clock that only goes forward.
    var now: @Sendable () -> Double
    private var write: @Sendable (String) -> Void

    /// Standard error: results on standard output stay clean for a pipe.
    static func standardError(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Console {
        let isTerminal = isatty(STDERR_FILENO) == 1
        return Console(
            environment: environment, isTerminal: isTerminal,
            width: {
                // A live line must not be wider than the window, whatever COLUMNS says.
                let window = TextLayout.terminalWidth(STDERR_FILENO) ?? 80
                return min(window, TextLayout.columns(environment) ?? window)
            },
            now: { start.duration(to: .now) / .seconds(1) },
            // Where an error can't be told there is nobody to tell it to; the exit status stays true.
            write: { try? CheckedOutput.standardError.write(Data($0.utf8)) })
    }

    /// `TERM=dumb` can't draw over a line; `NO_COLOR` asks for none (https://no-color.org).
    init(
        environment: [String: String], isTerminal: Bool, width: @escaping @Sendable () -> Int,
        now: @escaping @Sendable () -> Double, write: @escaping @Sendable (String) -> Void
    ) {
        isLive = isTerminal && environment["TERM"] != "dumb"
        usesColor = isLive && TextLayout.allowsColor(environment)
        foldsLines = isTerminal
        usesUnicode = Self.isUTF8(environment)
        self.width = width
        self.now = now
        self.write = write
    }

    /// Writes a line, whatever is in `text`: foreign text shows its control characters.
    func line(_ text: String) { lines([text]) }

    /// Each on a line of its own: a line break within one is foreign, and shown as `\n`.
    func lines(_ lines: [String]) {
        let width = foldsLines ? max(TextLayout.minimumWidth, self.width()) : nil
        let folded = lines.map(shownToPeople).flatMap {
            TextFolding.fold($0, width: width, longWords: .broken)
        }
        let shown = usesColor ? folded.map(Highlighting.colored) : folded
        write(shown.map { $0 + "\n" }.joined())
    }

    /// Writes what moves the cursor and sets colours; the words in it were escaped.
    func draw(_ sequence: String) { write(sequence) }

    private static let start = ContinuousClock.now

    /// The first of the three that is set decides, as in setlocale(3).
    private static func isUTF8(_ environment: [String: String]) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy
            .compactMap { environment[$0] }.first { !$0.isEmpty }
        return locale?.lowercased().replacing("-", with: "").contains("utf8") ?? false
    }
}
