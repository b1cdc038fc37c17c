import DurableFiles
import Foundation

/// A run's id for a test, always the same for the same label.
public func runID(_ label: String) -> String {
    "20261121T101500-" + SHA256.hexDigest(of: Data(label.utf8)).prefix(6)
}
