import Foundation
import RunFacts

/// A value measured in a run.
package struct ExportedMetric: Sendable, Equatable {
    package var name: String
    package var step: Int
    /// May be NaN or infinite.
    package var value: Double
    package var at: Date

    package init(name: String, step: Int, value: Double, at: Date) {
        self.name = name
        self.step = step
        self.value = value
        self.at = at
    }
}

/// A file made by a run.
package struct ExportedArtifact: Sendable, Equatable {
    /// Its place inside the run, such as `model/model.safetensors`.
    package var path: String
    /// Where its bytes are.
    package var file: URL

    package init(path: String, file: URL) {
        self.path = path
        self.file = file
    }
}

/// A run as other programs are told of it.
package struct ExportedRun: Sendable, Equatable {
    /// Names the run for ever: exporting a run again replaces what was exported under its id.
    package var id: String
    package var name: String
    /// What the run is grouped with.
    package var experiment: String
    package var status: RunStatus
    package var startedAt: Date
    package var finishedAt: Date?
    package var parameters: [String: String]
    package var tags: [String: String]
    /// Those of one name in the order of their steps.
    package var metrics: [ExportedMetric]
    package var artifacts: [ExportedArtifact]

    package init(
        id: String, name: String, experiment: String, status: RunStatus, startedAt: Date,
        finishedAt: Date? = nil, parameters: [String: String] = [:], tags: [String: String] = [:],
        metrics: [ExportedMetric] = [], artifacts: [ExportedArtifact] = []
    ) {
        self.id = id
        self.name = name
        self.experiment = experiment
        self.status = status
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.parameters = parameters
        self.tags = tags
        self.metrics = metrics
        self.artifacts = artifacts
    }

    /// The id, fit for a file name, a quoted text and a URL: bytes other than ASCII letters,
    /// digits, `-`, `_` and inner `.` are written as `%XX`. Different ids stay different.
    var safeID: String {
        let text = PercentEncoding.encode(id)
        // Nothing at all, `.`, `..` and hidden files aren't names of folders to be found.
        return text.isEmpty ? "%" : text.hasPrefix(".") ? "%2E" + text.dropFirst() : text
    }
}

enum PercentEncoding {
    private static let unreserved = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.".utf8)

    /// `text` with everything but letters, digits, `-`, `_` and `.` as `%XX`.
    static func encode(_ text: String) -> String {
        text.utf8.map { byte in
            unreserved.contains(byte)
                ? String(UnicodeScalar(byte))
                : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
