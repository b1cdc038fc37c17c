import Datasets
import DigitPipeline
import Orchestration
import Synchronization

/// Shows a pipeline's events on standard error.
final class PipelinePrinter: Sendable {
    private let console: Console
    private let training: TrainingProgressPrinter
    private let download: DownloadProgressPrinter
    private let isQuiet: Bool
    /// The assets of the run under way, in the order in which they are made.
    private let assets = Mutex<[String]>([])

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
        case .runStarted(let id, let names):
            assets.withLock { $0 = names }
            say("run \(id)")
        case .asset(let progress): show(progress)
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

    private func show(_ progress: AssetProgress) {
        switch progress {
        case .started(let name): say("\(title(name)) …")
        case .made(let made, let seconds):
            training.finish()
            say("\(title(made.asset)) built in \(Format.duration(seconds))")
        case .reused(let stored):
            say("\(title(stored.asset)) cached, built by \(stored.run ?? "a deleted run")")
        case .spoiled(let stored, let state):
            say(
                "\(title(stored.asset)): the artifact \(stored.artifact.prefix(12)) is \(state) and "
                    + "is built again")
        case .tookVariant(let stored, let note): say("\(title(stored.asset)): \(note)")
        case .halted(let name, let reason): say("\(title(name)) skipped: \(reason)")
        case .checked(let check):
            guard !check.passed else { return }
            training.finish()
            say("  check failed (\(check.severity.rawValue)): \(check.line)")
        }
    }

    /// Takes live lines away, before an error is written.
    func finish() {
        training.finish()
        download.cancel()
    }

    private func say(_ text: String) { console.line(text) }

    /// `[2/6] processed_data`; without a number where the run only reads it.
    private func title(_ asset: String) -> String {
        assets.withLock { assets in
            guard let index = assets.firstIndex(of: asset) else { return asset }
            return "[\(index + 1)/\(assets.count)] \(asset)"
        }
    }
}
