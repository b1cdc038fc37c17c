import TestSupport
import Testing

@testable import Datasets

@Suite struct MNISTFormTests {
    @Test func mnistsOwnDigitsAreInItsForm() throws {
        for digit in try ImageFixtures.digits() {
            let box = try #require(MNISTForm.box(of: digit))
            #expect((19...20).contains(max(box.width, box.height)))
        }
    }

    /// As Fashion-MNIST's: from one side to the other, not centred by mass.
    @Test func aPieceThatFillsThePictureIsInMNISTsForm() {
        var shoe = [UInt8](repeating: 0, count: 784)
        for y in 8..<20 { for x in 0..<28 where x > 27 - 3 * y / 2 { shoe[y * 28 + x] = 230 } }
        #expect(MNISTForm.box(of: shoe) == PixelBox(x: 0, y: 8, width: 28, height: 12))
    }

    @Test(arguments: [20, 32, 48, 64, 96, 160, 200])
    func aFaintDigitIsPrepared(brightest: Int) throws {
        for digit in try ImageFixtures.oneDigitAClass() {
            let faint = digit.map { UInt8((Int($0) * brightest + 127) / 255) }
            let result = try normalized(faint)
            #expect(!result.isUsedAsIs)
            // Steps of 255/20 remain at the faintest.
            #expect(meanDifferenceWithinOnePixel(result.pixels, digit) < 6)
        }
    }

    /// Moved into each corner.
    @Test(arguments: [(0, 0), (1, 0), (0, 1), (1, 1)])
    func aDigitThatIsNotInTheMiddleIsPrepared(right: Int, down: Int) throws {
        for digit in try ImageFixtures.oneDigitAClass() {
            let box = try #require(MNISTForm.box(of: digit))
            let (left, top) = (right * (28 - box.width), down * (28 - box.height))
            var moved = [UInt8](repeating: 0, count: 784)
            for y in 0..<box.height {
                for x in 0..<box.width {
                    moved[(top + y) * 28 + left + x] = digit[(box.y + y) * 28 + box.x + x]
                }
            }
            let result = try normalized(moved)
            #expect(!result.isUsedAsIs)
            #expect(meanDifferenceWithinOnePixel(result.pixels, digit) < 8)
        }
    }

    @Test(arguments: [10, 14, 16])
    func aDigitOfAnotherSizeIsPrepared(side: Int) throws {
        for digit in try ImageFixtures.oneDigitAClass() {
            let small = Resampler.resize(
                GrayPlane(width: 28, height: 28, values: digit.map(Float.init)), width: side,
                height: side)
            var picture = [UInt8](repeating: 0, count: 784)
            let margin = (28 - side) / 2
            for y in 0..<side {
                for x in 0..<side {
                    picture[(y + margin) * 28 + x + margin] =
                        UInt8(small.values[y * side + x].rounded())
                }
            }
            #expect(try !normalized(picture).isUsedAsIs)
        }
    }

    /// At this size a digit may touch the frame: nine of ten come back, of which none did before.
    @Test(arguments: [1, 2])
    func aFrameAroundASmallPictureIsLeftOut(width: Int) throws {
        let differences = try ImageFixtures.oneDigitAClass().map { digit in
            var framed = digit
            for place in framed.indices {
                let (x, y) = (place % 28, place / 28)
                if min(x, y, 27 - x, 27 - y) < width { framed[place] = 255 }
            }
            let result = try normalized(framed)
            #expect(!result.isUsedAsIs)
            return meanDifferenceWithinOnePixel(result.pixels, digit)
        }
        #expect(differences.count { $0 < 16 } >= 9, "\(differences)")
    }

    @Test func whatADataSetHardlyHasIsDoubted() throws {
        for digit in try ImageFixtures.oneDigitAClass() {
            #expect(DigitNormalizer.doubt(about: digit) == nil)
            #expect(
                DigitNormalizer.doubt(about: digit.map { $0 / 255 })
                    == "its brightest pixel is 1 of 255")
            #expect(
                DigitNormalizer.doubt(about: digit.map { 255 - $0 }) == "its border isn't black")
        }
    }

    private func normalized(_ pixels: [UInt8]) throws -> NormalizedDigit {
        try DigitNormalizer().normalizeReporting(
            DecodedImage(width: 28, height: 28, channels: 1, pixels: pixels))
    }
}
