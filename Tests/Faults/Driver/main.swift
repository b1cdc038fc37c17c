import FaultHarness
import Foundation

// `scripts/check-faults` builds and starts this; its head says what the options are.

func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("check-faults: \(message)\n".utf8))
    exit(2)
}

func parse(_ arguments: [String]) -> FaultHarness.Options {
    var options = FaultHarness.Options()
    var rest = arguments[...]
    func value(of flag: String) -> String {
        guard let value = rest.popFirst() else { fail("\(flag) needs a value") }
        return value
    }
    func number(of flag: String) -> Int {
        let text = value(of: flag)
        guard let number = Int(text), number > 0 else {
            fail("\(flag) \(text): expected a whole number greater than 0")
        }
        return number
    }
    while let flag = rest.popFirst() {
        switch flag {
        case "--program": options.program = value(of: flag)
        case "--library": options.library = value(of: flag)
        case "--scratch": options.scratch = value(of: flag)
        case "--jobs": options.jobs = number(of: flag)
        case "--sample": options.sampleCount = number(of: flag)
        case "--seed": options.seed = UInt64(number(of: flag))
        case "--scenario": options.scenarios.append(value(of: flag))
        case "--replay": options.replay = value(of: flag)
        default: fail("\(flag): no such option")
        }
    }
    return options
}

do {
    let options = parse(Array(CommandLine.arguments.dropFirst()))
    let results = try FaultHarness(options) { text in
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }.run()
    guard !results.isEmpty else { fail("no such case or scenario") }
    let report = CaseReport(results)
    print(report.text)
    exit(report.violationCount == 0 ? 0 : 1)
} catch {
    fail("\(error)")
}
