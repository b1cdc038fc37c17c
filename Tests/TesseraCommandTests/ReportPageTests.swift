import Foundation
import Orchestration
import TestSupport
import Testing

/// What the page of a run says beyond its figures.
@Suite struct ReportPageTests {
    private func page(_ workspace: Workspace, _ arguments: [String] = []) throws -> String {
        let result = try workspace.run(["report", "-o", "page.html"] + arguments)
        #expect(result.status == 0, "\(result.errors)")
        return try String(
            contentsOf: workspace.folder.appendingPathComponent("page.html"), encoding: .utf8)
    }

    /// What a reader sees of a part: the marks left out, and the places where names may break.
    private func text(_ markup: some StringProtocol) -> String {
        String(markup).replacing("<wbr/>", with: "").replacing(/<[^>]*>/, with: " ")
            .replacing(/\s+/, with: " ")
    }

    private func section(_ id: String, of page: String) throws -> String {
        let part = try #require(page.split(separator: "<section id=\"\(id)\"").dropFirst().first)
        return text(part.split(separator: "</section>")[0])
    }

    @Test func theDeploymentIsToldWithItsChecksAndReason() throws {
        try Workspace.within { workspace in
            let first = try workspace.run()
            let replaced = try RunStore(home: workspace.home).materializations(of: first.id)
                .first { $0.asset == "deployment" }?.metadata["model_sha256"]?.text
            let result = try workspace.run(
                ["run"] + workspace.carefulFlags + [
                    "--seed", "7", "--strategy", "manual", "--approver", "Ada", "--reason",
                    "checked by hand",
                ])
            #expect(result.status == 0, "\(result.errors)")
            let told = try section("deployment", of: page(workspace))
            for part in [
                "deployed", "manual", "Ada", "tester", "checked by hand", "accuracy_threshold",
                "≥ 10.00%", "no_worse_than_deployed", "Replaced",
                String(try #require(replaced).prefix(12)), "on the same data",
            ] {
                #expect(told.contains(part), "\(part) in \(told)")
            }
        }
    }

    @Test func aRefusalIsToldWithWhatFailed() throws {
        try Workspace.within { workspace in
            let refused = try workspace.run(
                ["run"] + workspace.carefulFlags + ["--accuracy-threshold", "1"])
            #expect(refused.status == 3, "\(refused.errors)")
            let told = try section("deployment", of: page(workspace))
            for part in ["refused", "automatic", "✕ failed", "≥ 100.00%", "is under 1"] {
                #expect(told.contains(part), "\(part) in \(told)")
            }
        }
    }

    @Test func theTitleSaysWhatItIsAndTheRunStandsBelow() throws {
        try Workspace.within { workspace in
            let run = try workspace.run()
            let page = try page(workspace)
            let heading = try #require(page.firstMatch(of: /<h1>(.*?)<\/h1>/)).1
            #expect(text(heading).contains(/^DigitCNN on digits: [0-9.]+% test accuracy/))
            let title = try #require(page.firstMatch(of: /<title>(.*?)<\/title>/)).1
            #expect(
                title.contains("test accuracy") && title.contains(run.id) && !title.contains("<"))
            #expect(page.contains("<code>\(run.id)</code>"))
        }
    }

    /// Epochs alone show neither a warm-up nor a cycle.
    @Test func theLearningRateIsDrawnByStep() throws {
        try Workspace.within { workspace in
            let run = try workspace.run("train", ["--batch-size", "2"])
            let recorded = try RunStore(home: workspace.home).metrics(of: run.id)
                .count { $0.name == "step_learning_rate" }
            #expect(recorded > 4)
            let drawn = try page(workspace).matches(
                of: /<polyline points="([^"]*)" fill="none" stroke="#6e5494"/
            ).map { $0.1.split(separator: " ").count }
            #expect(!drawn.isEmpty && drawn.allSatisfy { $0 == recorded }, "\(drawn), \(recorded)")
        }
    }
}
