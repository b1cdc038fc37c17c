import DurableFiles
import Foundation

/// Writes runs as event files, which TensorBoard reads.
package enum TensorBoardExport {
    /// Writes `FOLDER/RUN/events.out.tfevents.SECONDS.tessera.0`, with SECONDS of the run's start.
    ///
    /// Exporting a run again replaces its file, so no point is there twice. A TensorBoard that has
    /// the old file open shows the new one when it is started again. Metrics become 32-bit
    /// numbers, as all of TensorBoard's scalars are: beyond 3.4e38 they are infinite. Its page of
    /// hyperparameters fails on steps beyond 2³¹ − 1, the other pages don't.
    ///
    /// - Parameter folder: what is given to `tensorboard --logdir`; made if missing. RUN is the
    ///   run's id, with `%XX` for what has no place in a file's name.
    /// - Returns: the file.
    /// - Throws: `FileError.unwritable`; an older file of the run is then kept.
    @discardableResult
    package static func write(_ run: ExportedRun, to folder: URL) throws -> URL {
        let url = folder.appendingPathComponent(run.safeID).appendingPathComponent(fileName(run))
        let file = try RecordFile(to: url)
        try append(.version(at: run.startedAt), to: file)
        for event in try Tensorboard_Event.descriptions(of: run) { try append(event, to: file) }
        for metric in run.metrics { try append(.scalar(metric), to: file) }
        if let end = try Tensorboard_Event.sessionEnd(of: run) { try append(end, to: file) }
        try file.commit()
        return url
    }

    private static func fileName(_ run: ExportedRun) -> String {
        let seconds = String(run.startedAt.unixMilliseconds / 1000)
        // TensorBoard reads a folder's files in the order of their names.
        let padded = String(repeating: "0", count: max(0, 10 - seconds.count)) + seconds
        return "events.out.tfevents.\(padded).tessera.0"
    }

    private static func append(_ event: Tensorboard_Event, to file: RecordFile) throws {
        try file.append(event.deterministicBytes())
    }
}
