import Foundation
import Testing

/// Errors of Foundation are often numbers ("NSCocoaErrorDomain error 256"): one function turns them
/// into what happened, and nothing prints them otherwise.
@Suite struct FoundationErrorTests {
    @Test func onlyOneFileAsksFoundationForItsWords() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let sources = root.appendingPathComponent("Sources")
        let walk = try #require(
            FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var asking: [String] = []
        var read = 0
        for case let file as URL in walk where file.pathExtension == "swift" {
            // Their errors are mended with their stores.
            let module = file.pathComponents.dropFirst(sources.pathComponents.count).first
            if module == "Registry" || module == "Orchestration" { continue }
            read += 1
            if try String(contentsOf: file, encoding: .utf8).contains("localizedDescription") {
                asking.append(file.lastPathComponent)
            }
        }
        #expect(read > 100)
        #expect(asking == ["FileErrorReason.swift"])
    }
}
