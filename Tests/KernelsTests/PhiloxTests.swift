import Kernels
import Testing

@Suite struct PhiloxTests {
    /// Known-answer vectors of the authors' Random123 library (kat_vectors, philox4x32 10 rounds).
    @Test func matchesTheAuthorsKnownAnswers() {
        #expect(
            Philox(key: 0).words(SIMD4(0, 0, 0, 0))
                == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        #expect(
            Philox(key: .max).words(SIMD4(repeating: .max))
                == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            Philox(key: 0x299f_31d0_a409_3822).words(
                SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344))
                == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    @Test func uniformStaysInItsRange() {
        let philox = Philox(key: 7)
        var sum: Float = 0
        for index in 0..<10_000 {
            let values = philox.uniform(SIMD4(UInt32(index), 0, 0, 0))
            #expect(values.min() >= 0 && values.max() < 1)
            sum += values.sum()
        }
        // The mean of 40,000 uniform numbers has a standard error of 0.0014.
        #expect(abs(sum / 40_000 - 0.5) < 0.007)
    }
}
