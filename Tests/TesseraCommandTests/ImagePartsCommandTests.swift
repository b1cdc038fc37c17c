import Foundation
import Orchestration
import Testing

/// A data set of pictures with parts of its own, from end to end.
@Suite struct ImagePartsCommandTests {
    @Test func itsOwnValidationPartIsTheValidationSet() throws {
        try Workspace.within { workspace in
            for (part, name) in [("train", "Training"), ("validation", "valid"), ("test", "test")] {
                let export = try workspace.run([
                    "prepare", "--export-images", "pictures/\(name)", "--part", part, "--dataset",
                    workspace.digits.dataset,
                ])
                #expect(export.status == 0, "\(export.errors)")
            }
            let flags =
                ["--dataset", "images:pictures", "--accuracy-threshold", "0.1"] + quickFlags
            let result = try workspace.run(["run", "--json"] + flags)
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.errors.contains("valid is the validation set"), "\(result.errors)")
            let record = try workspace.json(result.output)
            #expect(record["train_count"] as? Int == 480)
            #expect(record["validation_count"] as? Int == 120)
            #expect(record["test_count"] as? Int == 100)
            #expect((record["failed_checks"] as? [Any])?.isEmpty == true, "\(result.output)")

            // Measured again as the run measured it.
            let data = ["--dataset", "images:pictures", "--json"]
            for (part, key) in [("validation", "validation_accuracy"), ("test", "test_accuracy")] {
                let evaluated = try workspace.run(["evaluate", "--on", part] + data)
                #expect(evaluated.status == 0, "\(evaluated.errors)")
                let report = try workspace.json(evaluated.output)
                #expect(report["accuracy"] as? Double == record[key] as? Double, "\(part)")
            }
            let report = try workspace.run(["report", "latest"])
            #expect(report.status == 0 && !report.errors.contains("left out"), "\(report.errors)")
            let back = try workspace.run(
                ["prepare", "--export-images", "back", "--part", "validation"]
                    + ["--dataset", "images:pictures"])
            #expect(back.status == 0 && back.errors.contains("wrote 120"), "\(back.errors)")

            let again = try workspace.run(["run", "--json"] + flags)
            let assets = try workspace.json(again.output)["assets"] as? [String: [String: Any]]
            #expect(assets?.values.allSatisfy { $0["is_reused"] as? Bool == true } == true)
        }
    }
}
