import Foundation
import Orchestration
import Synchronization
import TestSupport
import Testing

@testable import DigitPipeline

/// What a change of the code makes again.
@Suite struct CodeVersionTests {
    @Test(arguments: [
        // The same data and model: what is deployed stays, and what was scored with it.
        ("raw_data", allAssets), ("model", Array(allAssets[2...4])),
        ("deployment", ["deployment"]), ("predictions", ["predictions"]),
    ]) func whatIsBelowAnotherCodeVersionIsMadeAgain(
        _ asset: String, _ expected: [String]
    ) throws {
        try Workspace.within { workspace in
            _ = try made(workspace, [:])
            #expect(try made(workspace, [:]).isEmpty)
            #expect(try made(workspace, [asset: "next"]) == expected)
            #expect(try made(workspace, [asset: "next"]).isEmpty)
        }
    }

    /// Code version 2 of the model changed the moving average alone: what was trained without one stays.
    @Test(arguments: [nil, 0.9])
    func aTrainingWithoutAnAverageKeepsItsVersion(_ decay: Double?) throws {
        try Workspace.within { workspace in
            _ = try made(workspace, ["model": "1"], decay: decay)
            let again = try made(workspace, [:], decay: decay)
            #expect(again.contains("model") == (decay != nil), "\(again)")
        }
    }

    /// The assets that a run makes.
    private func made(
        _ workspace: Workspace, _ codeVersions: [String: String], decay: Double? = 0.99
    ) throws -> [String] {
        var config = config(workspace)
        config.model.optimizer.emaDecay = decay
        var pipeline = Pipeline(
            config: config, cache: workspace.folder.appendingPathComponent("cache"))
        pipeline.codeVersions = codeVersions
        let summary = try pipeline.run()
        return allAssets.filter { summary.assets[$0]?.run == summary.id }
    }

    private func config(_ workspace: Workspace) -> RunConfig {
        var config = RunConfig()
        config.home = workspace.home.path
        config.data.dataset = workspace.digits.dataset
        config.gate.accuracyThreshold = 0
        config.model.epochs = 1
        (config.model.network.conv1Channels, config.model.network.conv2Channels) = (4, 4)
        (config.model.network.conv3Channels, config.model.network.hiddenSize) = (4, 8)
        return config
    }

    /// Interrupted while the model is measured: nothing is deployed.
    @Test func anInterruptEndsTheRunAtTheNextAsset() throws {
        try Workspace.within { workspace in
            let isAsked = Atomic<Bool>(false)
            let pipeline = Pipeline(
                config: config(workspace), cache: workspace.folder.appendingPathComponent("cache"),
                observer: { event in
                    if case .asset(.started("evaluation")) = event {
                        isAsked.store(true, ordering: .relaxed)
                    }
                }, shouldStop: { isAsked.load(ordering: .relaxed) })
            #expect {
                try pipeline.run()
            } throws: { error in
                if case PipelineError.cancelled = error { true } else { false }
            }
            let store = try RunStore(home: workspace.home)
            let run = try store.run("latest")
            #expect(run.status == .cancelled)
            #expect(try store.materializations(of: run.id).last?.asset == "evaluation")
            #expect(try workspace.run(["models", "history"]).output.contains("no decisions"))
        }
    }

    /// The assets that the program has are those that the documentation names, in their order.
    @Test func theGraphIsTheDocumentedOne() throws {
        let graph = try AssetGraph(DigitAssets.definitions(hasInput: false))
        #expect(graph.names == allAssets)
        #expect(graph.ancestors(of: "predictions") == Set(allAssets.dropLast()))
    }
}
