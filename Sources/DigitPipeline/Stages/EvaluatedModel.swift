import Foundation
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
}
