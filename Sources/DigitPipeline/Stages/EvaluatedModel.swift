import DurableFiles
import Foundation
import Orchestration
import Training

/// A trained model's file with the figures that its evaluation found: what is deployed of a run.
struct EvaluatedModel {
    let bytes: Data
    let fileName: String
    /// From the home folder.
    let path: String

    /// - Throws: `ModelFileError`.
    init(_ content: ModelContent, _ evaluation: Evaluation, _ folder: RunFolder) throws {
        var file = content.file
        file.description.metrics = evaluation.metrics
        fileName = try file.fileName(createdAt: folder.startedAt)
        bytes = try file.bytes()
        path = "\(RunFolder.parent)/\(folder.id)/\(fileName)"
    }

    /// The file that a version before this one wrote, whose bytes are others than are written now: so
    /// that a model that was deployed then is known again.
    ///
    /// - Returns: nil where the evaluation is of this version, or the file isn't the model's any more.
    init?(writtenBefore evaluation: Materialization, _ content: ModelContent, home: URL) {
        guard evaluation[EvaluationFacts.modelDigest] == nil,
            let path = evaluation[EvaluationFacts.modelFile],
            let url = RunFolder.file(at: path, home: home),
            let bytes = try? RegularFile.read(url),
            let file = try? ModelFile(parsing: bytes, name: url.lastPathComponent),
            file.state == content.file.state
        else { return nil }
        self.bytes = bytes
        fileName = url.lastPathComponent
        self.path = path
    }
}
