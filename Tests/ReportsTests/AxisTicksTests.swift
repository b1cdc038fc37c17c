import Foundation
import TestSupport
import Testing

@testable import Reports

/// Properties that round ticks have for any range.
@Suite struct AxisTicksTests {
    @Test func linearTicksEncloseTheRangeWithRoundSteps() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2000 {
            let numbers = generator.floats(3).map(Double.init)
            let scale = pow(10, (numbers[0] * 12).rounded())
            let low = min(numbers[1], numbers[2]) * scale
            let high = max(numbers[1], numbers[2]) * scale
            guard high - low > max(abs(low), abs(high)) * 1e-5 else { continue }
            let axis = AxisTicks.linear(from: low, to: high)
            let step = axis.values[1] - axis.values[0]
            let slack = step * 1e-8
            #expect(axis.lower <= low + slack && axis.upper >= high - slack, "\(low) \(high)")
            // No empty interval at either end.
            #expect(axis.lower > low - step - slack && axis.upper < high + step + slack)
            #expect((3...7).contains(axis.values.count), "\(low) \(high): \(axis.values)")
            let mantissa = step / pow(10, log10(step * (1 + 1e-9)).rounded(.down))
            #expect([1.0, 2, 5].contains { abs($0 - mantissa) < 1e-6 }, "\(step)")
            expectLabels(axis, within: step / 4)
        }
    }

    @Test func logarithmicTicksEncloseTheRange() {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<1000 {
            let numbers = generator.floats(2).map { Double($0) * 40 }
            let low = pow(10, numbers.min()!)
            let high = pow(10, numbers.max()!)
            for most in [4, 10] {
                let axis = AxisTicks.logarithmic(from: low, to: high, most: most)
                #expect(axis.lower <= low * (1 + 1e-8) && axis.upper >= high * (1 - 1e-8))
                #expect((2...most).contains(axis.values.count), "\(low) \(high): \(axis.values)")
                #expect(axis.fraction(axis.lower) == 0 && axis.fraction(axis.upper) == 1)
                expectLabels(axis, within: 0)
            }
        }
    }

    @Test func familiarRangesGiveFamiliarTicks() {
        #expect(
            AxisTicks.linear(from: 0, to: 1).labels == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
        #expect(AxisTicks.linear(from: 0.013, to: 0.29).values == [0, 0.1, 0.2, 0.3])
        #expect(AxisTicks.linear(from: 97.2, to: 99.4).labels.last == "99.5")
        #expect(AxisTicks.linear(from: -3, to: 4).labels == ["-4", "-2", "0", "2", "4"])
        #expect(
            AxisTicks.linear(from: 1, to: 30, count: 8, minimumStep: 1).values
                == [0, 5, 10, 15, 20, 25, 30])
        #expect(
            AxisTicks.linear(from: 1, to: 3, count: 8, minimumStep: 1).labels == ["1", "2", "3"])
        #expect(
            AxisTicks.logarithmic(from: 0.011, to: 0.2, most: 10).labels
                == ["0.01", "0.02", "0.05", "0.1", "0.2"])
        #expect(
            AxisTicks.logarithmic(from: 1e-5, to: 1e-3, most: 4).labels
                == ["1e-5", "0.0001", "0.001"])
    }

    @Test func aSingleValueGetsAnAxisAroundIt() {
        for value in [0, 1, -1, 0.98, 1e-290, 1e-9, 1e9, 1e290, -1e290] {
            let axis = AxisTicks.linear(from: value, to: value)
            #expect(axis.lower < axis.upper)
            #expect((0...1).contains(axis.fraction(value)), "\(value)")
        }
        #expect(AxisTicks.linear(from: 100, to: 100, limit: 100).upper == 100)
        #expect(AxisTicks.logarithmic(from: 1, to: 1, most: 4).values.count == 2)
    }

    @Test func numbersAreWrittenShort() {
        #expect(NumberText.grouped(1_234_567) == "1,234,567")
        #expect([999, 1000, -1000].map(NumberText.grouped) == ["999", "1,000", "-1,000"])
        #expect([0, 1].map { NumberText.percent($0) } == ["0%", "100%"])
        #expect(NumberText.percent(0.99999) == ">99.9%")
        #expect(NumberText.percent(0.00001) == "<0.01%")
        #expect([0.0041, 0.00996, 0.5].map(NumberText.percent) == ["0.41%", "1.0%", "50.0%"])
        #expect(NumberText.accuracy(0.99996) == ">99.99%")
        #expect(NumberText.accuracy(1) == "100.00%")
        #expect(
            [9999, 12_345, 994_999, 999_999, 9_960_000].map {
                NumberText.compact($0, characters: 4)
            } == ["10k", "12k", "995k", "1.0M", "10M"])
        #expect(NumberText.significant(1e-5) == "1e-5" && NumberText.significant(1e21) == "1e21")
    }

    /// Labels differ, and read back as their values.
    private func expectLabels(_ axis: AxisTicks, within tolerance: Double) {
        #expect(Set(axis.labels).count == axis.values.count, "\(axis.labels)")
        #expect(axis.values == axis.values.sorted())
        for (label, value) in zip(axis.labels, axis.values) {
            let read = Double(label) ?? .nan
            #expect(
                abs(read - value) <= tolerance + abs(value) * 1e-9, "\(label) for \(value)")
        }
    }
}
