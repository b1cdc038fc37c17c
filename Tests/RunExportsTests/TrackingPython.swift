import Foundation
import Testing

/// The Python of TESSERA_TRACKING_PYTHON, which has what `Tests/Golden/tracking/requirements.txt`
/// names. Without it, the tests that read exports back with their programs are left out.
enum TrackingPython {
    static let path: String? = {
        let path = ProcessInfo.processInfo.environment["TESSERA_TRACKING_PYTHON"]
        return path?.isEmpty == false ? path : nil
    }()

    static let isThere: ConditionTrait = .enabled(
        if: path != nil, "TESSERA_TRACKING_PYTHON names no Python with TensorBoard and MLflow")

    /// What `script` prints; fails the test if it ends with an error.
    static func run(_ script: URL, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(path))
        process.arguments = [script.path] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(script.lastPathComponent) failed")
        return text
    }
}
