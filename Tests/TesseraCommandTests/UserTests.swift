import Foundation
import TestSupport
import Testing

/// Who decides, and where the cache is, in an environment without the usual variables.
@Suite struct UserTests {
    @Test(arguments: [[:], ["USER": ""], ["USER": "", "LOGNAME": ""]])
    func aPersonIsNamedByTheUserDatabase(variables: [String: String]) throws {
        try Workspace.within { workspace in
            let run = try workspace.run("train")
            let result = try runTessera(
                ["deploy", run.id, "--strategy", "manual", "--reason", "by hand", "--json"],
                environment: variables, in: workspace.folder)
            #expect(result.status == 0, "\(result.errors)")
            let user = try runProgram(URL(fileURLWithPath: "/usr/bin/id"), ["-un"]).output
            #expect(
                try workspace.json(result.output)["approver"] as? String
                    == user.trimmingCharacters(in: .newlines))
        }
    }
}
