import Synchronization

/// Shows how far the download of a file is.
final class DownloadProgressPrinter: Sendable {
    private struct State {
        var line: LiveLine
        var name = ""
        var startSeconds = 0.0
        var startBytes = 0
    }

    private let console: Console
    private let state: Mutex<State>

    init(console: Console = .standardError()) {
        self.console = console
        state = Mutex(State(line: LiveLine(console: console)))
    }

    /// - Parameter receivedBytes: in the file so far. The first call for a name tells where a resumed
    ///   download starts, so that the rate counts only what is fetched now.
    /// - Parameter totalBytes: nil when the server doesn't say.
    func update(name: String, receivedBytes: Int, totalBytes: Int?) {
        let now = console.now()
        state.withLock { state in
            if state.name != name {
                state.name = name
                state.startSeconds = now
                state.startBytes = receivedBytes
            }
            let rate =
                Double(receivedBytes - state.startBytes) / max(now - state.startSeconds, 1e-3)
            let download = Download(
                name: name, receivedBytes: receivedBytes, totalBytes: totalBytes,
                bytesPerSecond: max(0, rate))
            state.line.update(
                fraction: download.fraction ?? 0, bar: { download.bar }, plain: { download.plain })
        }
    }

    /// Leaves a line that says what was fetched.
    func finish(name: String, byteCount: Int) {
        let now = console.now()
        state.withLock { state in
            let took = state.name == name ? " in " + Format.duration(now - state.startSeconds) : ""
            state.line.print("downloaded \(name), \(Format.bytes(byteCount))\(took)")
            state.name = ""
        }
    }

    /// Takes the live line away without a word, when a download fails.
    func cancel() {
        state.withLock { state in
            state.line.erase()
            state.name = ""
        }
    }
}

/// One moment of a download, in words.
private struct Download {
    let name: String
    let receivedBytes: Int
    let totalBytes: Int?
    let bytesPerSecond: Double

    var fraction: Double? {
        totalBytes.flatMap { $0 > 0 ? Double(receivedBytes) / Double($0) : nil }
    }

    var bar: ProgressBar {
        var pieces: [ProgressBar.Piece] = [.text(name, rank: 5)]
        if let fraction { pieces.append(.bar(fraction: fraction, rank: 0)) }
        pieces += [.text(amount, rank: 1), .text(rate, rank: 3)]
        if let remaining { pieces.append(.text("ETA \(remaining)", rank: 2)) }
        return ProgressBar(pieces: pieces)
    }

    var plain: String {
        "downloading \(name)  \(amount)  \(rate)" + (remaining.map { "  ETA \($0)" } ?? "")
    }

    private var amount: String {
        Format.bytes(receivedBytes) + (totalBytes.map { " of \(Format.bytes($0))" } ?? "")
    }

    private var rate: String {
        bytesPerSecond < 1e15 ? Format.bytes(Int(bytesPerSecond)) + "/s" : "--"
    }

    private var remaining: String? {
        guard let totalBytes else { return nil }
        guard bytesPerSecond > 0 else { return "--" }
        return Format.remaining(Double(max(0, totalBytes - receivedBytes)) / bytesPerSecond)
    }
}
