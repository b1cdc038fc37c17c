import Datasets
import DigitPipeline
import Synchronization

/// Shows a pipeline's events on standard error.
final class PipelinePrinter: Sendable {
    private let console: Console
    private let training: TrainingProgressPrinter
    private let download: DownloadProgressPrinter
    private let isQuiet: Bool

    /// - Parameter isQuiet: shows nothing, for scripts that asked for it.
    init(console: Console = .standardError(), isQuiet: Bool = false) {
        self.console = console
        self.isQuiet = isQuiet
        training = TrainingProgressPrinter(console: console)
        download = DownloadProgressPrinter(console: console)
    }

    func handle(_ event: PipelineEvent) {
        guard !isQuiet else { return }
        switch event {
        case .stageStarted(let stage): say("\(stage.title) …")
        case .stageFinished(let stage, let seconds):
            training.finish()
            say("\(stage.title) done in \(Format.duration(seconds))")
        case .dataset(.notice(let notice)):
            download.cancel()
            say("  \(notice)")
        case .dataset(.download(let progress)):
            if progress.received == progress.total {
                download.finish(name: progress.file, byteCount: progress.received)
            } else {
                download.update(
                    name: progress.file, receivedBytes: progress.received,
                    totalBytes: progress.total)
            }
        case .training(let event): training.handle(event)
        case .note(let text): say("  \(text)")
        }
    }

    /// Takes live lines away, before an error is written.
    func finish() {
        training.finish()
        download.cancel()
    }

    private func say(_ text: String) { console.write(text + "\n") }
}

extension Stage {
    /// `[1/5] data`
    fileprivate var title: String {
        let number = Stage.allCases.firstIndex(of: self)! + 1
        return "[\(number)/\(Stage.allCases.count)] \(rawValue)"
    }
}
