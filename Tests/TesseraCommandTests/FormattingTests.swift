import Testing

@testable import tessera

@Suite struct FormattingTests {
    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (455_754, "455,754"), (1_000_000, "1,000,000"),
        (-12_345, "-12,345"), (Int.min, "-9,223,372,036,854,775,808"),
    ])
    func counts(value: Int, text: String) { #expect(Format.count(value) == text) }

    @Test(arguments: [
        (0, "0 ms"), (0.0123, "12 ms"), (0.9994, "999 ms"), (0.9996, "1.0 s"), (18.24, "18.2 s"),
        (59.94, "59.9 s"), (59.96, "1m 00s"), (65, "1m 05s"), (3599.6, "1h 00m"), (7384, "2h 03m"),
        (.infinity, "--"), (.nan, "--"), (-1, "--"), (1e300, "--"),
    ])
    func durations(seconds: Double, text: String) { #expect(Format.duration(seconds) == text) }

    @Test(arguments: [
        (0.4, "0 s"), (42.4, "42 s"), (59.6, "1m 00s"), (3661, "1h 01m"), (.nan, "--"),
    ])
    func remainingTimes(seconds: Double, text: String) {
        #expect(Format.remaining(seconds) == text)
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_912_422, "9.9 MB"), (999_960, "1.0 MB"),
        (5_000_000_000, "5.0 GB"),
    ])
    func byteCounts(count: Int, text: String) { #expect(Format.bytes(count) == text) }

    @Test func fractionsLossesAndRates() {
        #expect(Format.percent(0.99314) == "99.31 %")
        #expect(Format.percent(1) == "100.00 %")
        #expect(Format.loss(0.04123) == "0.0412")
        #expect(Format.loss(0.0000412) == "4.12e-05")
        #expect(Format.loss(0) == "0.0000")
        #expect(Format.learningRate(0.001) == "0.001")
        #expect(Format.learningRate(0.000032) == "3.2e-05")
        #expect(Format.imageRate(5210.4) == "5,210 images/s")
        #expect(Format.imageRate(.infinity) == "-- images/s")
    }
}
