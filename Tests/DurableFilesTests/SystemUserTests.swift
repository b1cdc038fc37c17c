import Foundation
import Testing

@testable import DurableFiles

/// Who the user is, with and without variables and an entry in the user database.
@Suite struct SystemUserTests {
    private let ada = SystemUser.Entry(name: "ada", home: "/home/ada")

    @Test func theNameIsTheEnvironmentsElseTheDatabases() {
        func name(_ environment: [String: String], _ entry: SystemUser.Entry?) -> String {
            SystemUser.name(environment: environment, entry: entry)
        }
        #expect(name(["USER": "eve", "LOGNAME": "bob"], ada) == "eve")
        #expect(name(["USER": "", "LOGNAME": "bob"], ada) == "bob")
        #expect(name([:], ada) == "ada")
        #expect(name([:], nil) == "uid \(geteuid())")
        #expect(name([:], SystemUser.Entry(name: "", home: "")) == "uid \(geteuid())")
    }

    @Test func theHomeFolderIsAbsoluteOrUnknown() {
        func home(_ environment: [String: String], _ entry: SystemUser.Entry?) -> String? {
            SystemUser.homeFolder(environment: environment, entry: entry)
        }
        #expect(home(["HOME": "/h"], ada) == "/h")
        #expect(home(["HOME": ""], ada) == "/home/ada")
        #expect(home(["HOME": "relative"], ada) == "/home/ada")
        #expect(home([:], nil) == nil)
    }

    @Test func theDatabaseKnowsRootAndNotEveryNumber() {
        #expect(SystemUser.entry(0)?.name == "root")
        #expect(SystemUser.entry(uid_t.max - 7) == nil)
    }
}
