import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct DigitNormalizerTests {
    // MARK: - Used as it is

    @Test func aGrayDigitOnBlackIsUsedByteForByte() throws {
        for digit in try ImageFixtures.digits() {
            let rgb: [UInt8] = digit.flatMap { [$0, $0, $0] }
            let rgba: [UInt8] = digit.flatMap { [$0, $0, $0, 255] }
            for (channels, pixels) in [(1, digit), (3, rgb), (4, rgba)] {
                let image = DecodedImage(width: 28, height: 28, channels: channels, pixels: pixels)
                let result = try DigitNormalizer().normalizeReporting(image)
                #expect(result.pixels == digit)
                #expect(result.isUsedAsIs && !result.isInverted)
                #expect(max(result.cropBox.width, result.cropBox.height) == 20)
            }
        }
    }

    @Test func aDarkDigitOnWhiteOrAColoredOneIsNotUsedAsItIs() throws {
        let digit = try ImageFixtures.digits()[17]
        let inverted = DecodedImage(
            width: 28, height: 28, channels: 1, pixels: digit.map { 255 - $0 })
        let result = try DigitNormalizer().normalizeReporting(inverted)
        #expect(!result.isUsedAsIs && result.isInverted)
        #expect(meanDifference(result.pixels, digit) < 2)
        let red = DecodedImage(
            width: 28, height: 28, channels: 3, pixels: digit.flatMap { [$0, 0, 0] })
        #expect(try !DigitNormalizer().normalizeReporting(red).isUsedAsIs)
    }

    // MARK: - Comes back

    /// Enlarged by repeating pixels nothing is lost, so next to nothing may differ (measured: a
    /// mean absolute difference of 0.7 of 255, 1.2 at worst; MNIST's own mean pixel is 33).
    @Test(arguments: 2...7)
    func anEnlargedOffCentreColouredDigitComesBack(factor: Int) throws {
        var random = SeededGenerator(seed: UInt64(factor))
        for digit in try ImageFixtures.oneDigitAClass() {
            let pixels = try comesBack(repeated(digit, by: factor), factor, &random)
            #expect(meanDifference(pixels, digit) < 1.5)
        }
    }

    /// Enlarged smoothly the digit's edge and its centre of mass move by fractions of a pixel:
    /// whole-pixel placing may then differ by one. Measured without that: 6.9, 9.9 at worst.
    @Test(arguments: [2, 3, 5])
    func aSmoothlyEnlargedDigitComesBackBlurred(factor: Int) throws {
        var random = SeededGenerator(seed: UInt64(factor))
        for digit in try ImageFixtures.oneDigitAClass() {
            let pixels = try comesBack(enlarged(digit, by: factor), factor, &random)
            #expect(meanDifferenceWithinOnePixel(pixels, digit) < 14)
        }
    }

    /// Paints the digit somewhere on coloured paper, in ink lighter or darker, and normalises it.
    private func comesBack(
        _ ink: [UInt8], _ factor: Int, _ random: inout SeededGenerator
    ) throws -> [UInt8] {
        let side = 28 * factor
        let canvas = Canvas(
            width: side + Int.random(in: 0...side / 2, using: &random),
            height: side + Int.random(in: 0...side / 2, using: &random))
        let dark = Bool.random(using: &random)
        let image = canvas.painted(
            ink, side: side, x: Int.random(in: 0...canvas.width - side, using: &random),
            y: Int.random(in: 0...canvas.height - side, using: &random),
            ink: dark ? [40, 20, 90] : [250, 240, 180],
            paper: dark ? [235, 240, 220] : [10, 30, 60])
        let result = try DigitNormalizer().normalizeReporting(image)
        #expect(result.isInverted == dark && !result.isUsedAsIs)
        return result.pixels
    }

    @Test func smallDigitsGrow() throws {
        // 28 → 14 loses half of the detail, so the digit comes back blurred but in its place.
        for digit in try ImageFixtures.oneDigitAClass() {
            let half = Resampler.resize(
                GrayPlane(width: 28, height: 28, values: digit.map(Float.init)), width: 14,
                height: 14)
            let image = DecodedImage(
                width: 14, height: 14, channels: 1,
                pixels: half.values.map { UInt8($0.rounded()) })
            let pixels = try DigitNormalizer().normalize(image)
            #expect(meanDifferenceWithinOnePixel(pixels, digit) < 20)
        }
    }

    // MARK: - Paper

    /// How a sheet is lit at u and v, each −1 to 1 over the picture.
    enum Light: CaseIterable {
        case fromOneCorner
        case lampInTheMiddle
        case softShadow

        func at(_ u: Double, _ v: Double) -> Double {
            switch self {
            case .fromOneCorner: 165 - 40 * u - 30 * v
            case .softShadow: 165 - 35 * tanh(3 * (u + 0.2))
            case .lampInTheMiddle: 235 - 50 * (u * u + v * v)
            }
        }
    }

    @Test(arguments: Light.allCases)
    func unevenLightAndPaperGrainDoNotHideTheDigit(light: Light) throws {
        var random = SeededGenerator(seed: 11)
        for digit in try ImageFixtures.oneDigitAClass() {
            let ink = repeated(digit, by: 4)
            let (width, height) = (190, 160)
            var pixels = [UInt8]()
            for y in 0..<height {
                for x in 0..<width {
                    // Ink keeps 55 % of the light, like a pencil.
                    let inside = (40..<152).contains(x) && (20..<132).contains(y)
                    let cover = inside ? Double(ink[(y - 20) * 112 + x - 40]) / 255 : 0
                    let (u, v) = (Double(x) / 95 - 1, Double(y) / 80 - 1)
                    let grain = Double.random(in: -4...4, using: &random)
                    pixels.append(UInt8(light.at(u, v) * (1 - 0.45 * cover) + grain))
                }
            }
            let image = DecodedImage(width: width, height: height, channels: 1, pixels: pixels)
            let result = try DigitNormalizer().normalizeReporting(image)
            #expect(result.isInverted)
            // Measured: means of 2.7, 1.5 and 2.9, 3.7 at worst.
            #expect(meanDifferenceWithinOnePixel(result.pixels, digit) < 6)
        }
    }

    @Test func dustDoesNotMoveTheCrop() throws {
        let digit = try ImageFixtures.digits()[3]
        var image = Canvas(width: 200, height: 200).painted(
            repeated(digit, by: 4), side: 112, x: 50, y: 40, ink: [0, 0, 0],
            paper: [255, 255, 255])
        var pixels = image.pixels
        for (x, y) in [(5, 5), (190, 12), (100, 195)] {
            for channel in 0..<3 { pixels[(y * 200 + x) * 3 + channel] = 0 }
        }
        image = DecodedImage(width: 200, height: 200, channels: 3, pixels: pixels)
        let result = try DigitNormalizer().normalizeReporting(image)
        #expect(meanDifference(result.pixels, digit) < 4)
        #expect(result.cropBox.width <= 84 && result.cropBox.x >= 50)
    }

    // MARK: - Transparency

    @Test func inkOnATransparentSheetIsReadFromTheAlphaChannel() throws {
        let digit = try ImageFixtures.digits()[22]
        let alpha = repeated(digit, by: 3)
        for color: UInt8 in [0, 128, 255] {
            let image = DecodedImage(
                width: 84, height: 84, channels: 4,
                pixels: alpha.flatMap { [color, color, color, $0] })
            let result = try DigitNormalizer().normalizeReporting(image)
            #expect(result.isFromAlpha && !result.isInverted)
            #expect(meanDifference(result.pixels, digit) < 4)
        }
    }

    @Test func anyOtherTransparencyIsCompositedOverWhite() throws {
        // Dark ink and light paper, both half transparent, on an opaque-to-clear sheet.
        let digit = try ImageFixtures.digits()[22]
        let ink = repeated(digit, by: 3)
        let image = DecodedImage(
            width: 84, height: 84, channels: 4,
            pixels: ink.flatMap { [255 - $0, 255 - $0, 255 - $0, $0 > 0 ? 255 : 0] })
        let result = try DigitNormalizer().normalizeReporting(image)
        #expect(!result.isFromAlpha && result.isInverted)
        #expect(meanDifference(result.pixels, digit) < 4)
    }

    // MARK: - Polarity

    @Test func theOverrideDecidesPolarity() throws {
        let digit = try ImageFixtures.digits()[40]
        let image = DecodedImage(
            width: 28, height: 28, channels: 1, pixels: digit.map { 255 - $0 })
        let kept = try DigitNormalizer(polarity: .darkOnLight).normalizeReporting(image)
        #expect(kept.polarity == .darkOnLight && meanDifference(kept.pixels, digit) < 2)
        // Told the opposite of the truth: a light digit is looked for and there is none.
        #expect(throws: ImageError.self) {
            try DigitNormalizer(polarity: .lightOnDark).normalize(image)
        }
    }

    // MARK: - Nothing to see

    @Test(arguments: [(28, 28, 0), (28, 28, 255), (1, 1, 7), (300, 2, 128), (1, 90, 3)])
    func aBlankPictureIsAnError(width: Int, height: Int, value: Int) throws {
        let image = DecodedImage(
            width: width, height: height, channels: 1,
            pixels: .init(repeating: UInt8(value), count: width * height), name: "blank.png")
        let text = try #require(errorText { _ = try DigitNormalizer().normalize(image) })
        #expect(text.hasPrefix("blank.png: no digit found: the picture's contrast is 0 of 255"))
    }

    @Test func anyPictureIsNormalisedOrRefusedNeverATrap() throws {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<300 {
            let width = Int.random(in: 1...40, using: &random)
            let height = Int.random(in: 1...40, using: &random)
            let channels = [1, 3, 4].randomElement(using: &random)!
            let levels = UInt8.random(in: 1...255, using: &random)
            let pixels = (0..<width * height * channels).map { _ in
                UInt8.random(in: 0...levels, using: &random)
            }
            let image = DecodedImage(
                width: width, height: height, channels: channels, pixels: pixels)
            let polarity = Polarity.allCases.randomElement(using: &random)!
            _ = errorText { _ = try DigitNormalizer(polarity: polarity).normalize(image) }
        }
    }

    @Test func resizingKeepsTheMeanAndFlatPicturesFlat() {
        var random = SeededGenerator(seed: 9)
        let source = GrayPlane(width: 21, height: 14, values: random.floats(294, from: 0, to: 255))
        let small = Resampler.resize(source, width: 9, height: 5)
        assertClose(
            [small.values.reduce(0, +) / 45], [source.values.reduce(0, +) / 294], relative: 1e-4)
        let flat = GrayPlane(width: 3, height: 2, values: .init(repeating: 77, count: 6))
        assertClose(
            Resampler.resize(flat, width: 20, height: 13).values,
            .init(repeating: 77, count: 260), relative: 1e-5)
    }

    // MARK: - Helpers

    private func repeated(_ digit: [UInt8], by factor: Int) -> [UInt8] {
        let side = 28 * factor
        return (0..<side * side).map { digit[$0 / side / factor * 28 + $0 % side / factor] }
    }

    private func enlarged(_ digit: [UInt8], by factor: Int) -> [UInt8] {
        Resampler.resize(
            GrayPlane(width: 28, height: 28, values: digit.map(Float.init)), width: 28 * factor,
            height: 28 * factor
        ).values.map { UInt8($0.rounded()) }
    }

    private struct Canvas {
        let width: Int
        let height: Int

        /// A square of ink (0–255 coverage) laid on paper of one colour.
        func painted(
            _ coverage: [UInt8], side: Int, x left: Int, y top: Int, ink: [Double], paper: [Double]
        ) -> DecodedImage {
            var pixels = [UInt8]()
            for y in 0..<height {
                for x in 0..<width {
                    let inside = (left..<left + side).contains(x) && (top..<top + side).contains(y)
                    let cover =
                        inside ? Double(coverage[(y - top) * side + x - left]) / 255 : 0
                    for channel in 0..<3 {
                        let value = paper[channel] * (1 - cover) + ink[channel] * cover
                        pixels.append(UInt8(value.rounded()))
                    }
                }
            }
            return DecodedImage(width: width, height: height, channels: 3, pixels: pixels)
        }
    }
}
