import Foundation
import TestSupport
import Testing

@testable import Measurement

@Suite struct ProcessFactsTests {
    /// A program's name may look like anything.
    @Test func theStartIsField22WhateverTheName() {
        let fields = (3...30).map { $0 == 22 ? "4711" : "\($0)" }.joined(separator: " ")
        for name in ["tessera", "a b", "x) R 1 2 3 (y", ""] {
            #expect(ProcessFacts.startTicks(inStat: "99 (\(name)) \(fields)\n") == 4711)
        }
        #expect(ProcessFacts.startTicks(inStat: "99 (tessera) R 1 2") == nil)
        #expect(ProcessFacts.startTicks(inStat: "") == nil)
    }

    @Test func thePeakIsInKilobytes() {
        let text = "Name:\ttessera\nVmPeak:\t  999 kB\nVmHWM:\t   80 kB\nVmRSS:\t 70 kB\n"
        #expect(ProcessFacts.peakBytes(inStatus: text) == 81_920)
        #expect(ProcessFacts.peakBytes(inStatus: "VmRSS:\t 70 kB\n") == nil)
        #expect(ProcessFacts.peakBytes(inStatus: "VmHWM:\t 70 MB\n") == nil)
    }

    @Test func thisProcessHasThem() throws {
        let before = try ProcessFacts.secondsSinceStart()
        Thread.sleep(forTimeInterval: 0.05)
        let after = try ProcessFacts.secondsSinceStart()
        #expect(before >= 0 && before < 86_400)
        #expect(after - before >= 0.049 && after - before < 30)
        #expect(try ProcessFacts.peakMemoryBytes() > 1_000_000)
    }

    @Test func theMachineIsTold() {
        let machine = Machine.current
        #expect(!machine.cpu.isEmpty && machine.cores >= 1)
        #expect(machine.blas.hasPrefix("OpenBLAS ") && !machine.blasCore.isEmpty)
        #expect("\(machine)".contains(machine.cpuLevel.rawValue))
    }
}

@Suite struct SpeedsTests {
    @Test func medianAndBest() throws {
        #expect(median([3, 1, 2]) == 2 && median([4, 1, 3, 2]) == 2.5 && median([7]) == 7)
        let speeds = Speeds([10.04, 30.06, 20])
        #expect(speeds.median == 20 && speeds.best == 30.1)
        #expect(speeds.samples == [10, 30.1, 20])
    }
}
