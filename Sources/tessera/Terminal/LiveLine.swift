/// The line at the bottom of a terminal that is drawn over as work goes on, and the finished lines
/// above it. Where lines can't be drawn over, now and then a line of its own.
struct LiveLine: Sendable {
    let console: Console
    private var isShown = false
    private var lastDrawSeconds = -Double.infinity
    /// When a line that stays was last printed, and how far the work was.
    private var lastPrintSeconds: Double
    private var lastPrintFraction = 0.0

    init(console: Console) {
        self.console = console
        lastPrintSeconds = console.now()
    }

    /// Shows where work stands, as often as the console bears.
    ///
    /// - Parameter fraction: of the present piece of work; a smaller one than before starts a new one.
    mutating func update(fraction: Double, bar: () -> ProgressBar, plain: () -> String) {
        let now = console.now()
        if fraction < lastPrintFraction { lastPrintFraction = 0 }
        if console.isLive {
            guard now - lastDrawSeconds >= Self.redrawSeconds else { return }
            draw(bar())
            lastDrawSeconds = now
        } else if isPlainLineDue(now: now, fraction: fraction) {
            console.line(plain())
            notePrinted(fraction: fraction)
        }
    }

    /// Prints a line that stays, fitted to the terminal's width where there is one.
    mutating func print(_ line: ProgressBar) {
        let width = console.isLive ? lineWidth : .max
        self.print(line.render(width: width, unicode: false, color: false))
        lastPrintFraction = 0
    }

    /// Prints a line that stays, whole.
    mutating func print(_ text: String) {
        erase()
        console.line(text)
        notePrinted(fraction: lastPrintFraction)
    }

    /// Takes the live line away, before anything else writes.
    mutating func erase() {
        guard isShown else { return }
        console.draw(Self.eraseLine)
        isShown = false
        // What is erased for a line that stays is drawn again at once.
        lastDrawSeconds = -.infinity
    }

    // MARK: - Private

    private static let eraseLine = "\r\u{1B}[2K"
    private static let redrawSeconds = 0.1
    /// A log gets a line each 10 s, though not before a quarter more is done, and each minute anyway.
    private static let plainSeconds = 10.0
    private static let plainFraction = 0.25
    private static let longestSilenceSeconds = 60.0

    /// The last column stays free: some terminals wrap once it is written.
    private var lineWidth: Int { max(1, console.width() - 1) }

    private mutating func draw(_ bar: ProgressBar) {
        let line = bar.render(
            width: lineWidth, unicode: console.usesUnicode, color: console.usesColor)
        console.draw(Self.eraseLine + line)
        isShown = true
    }

    private mutating func notePrinted(fraction: Double) {
        lastPrintSeconds = console.now()
        lastPrintFraction = fraction
    }

    private func isPlainLineDue(now: Double, fraction: Double) -> Bool {
        let silence = now - lastPrintSeconds
        return silence >= Self.longestSilenceSeconds
            || silence >= Self.plainSeconds && fraction - lastPrintFraction >= Self.plainFraction
    }
}
