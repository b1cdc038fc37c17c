import Foundation
import TestSupport
import Testing

@testable import Datasets

/// One digit on a sheet with something else on it comes out as it does from a clean sheet.
@Suite struct SheetTests {
    /// What else is to be seen.
    enum Nuisance: CaseIterable {
        case frame, frameOnOneSide, frameInside, ruled, squared, slantedRules, rulesAsDarkAsInk
        case margin, hardShadow, slantedShadow, table, turnedTable, finger, corner, holes, underline
        case fold

        var isShadow: Bool { [.hardShadow, .slantedShadow, .fold].contains(self) }

        func draw(on sheet: inout PaintedSheet) {
            switch self {
            case .frame: sheet.frame(width: 6, grey: 30)
            case .frameOnOneSide:
                sheet.fill { x, _ in
                    x >= 176
                } with: { _ in
                    60
                }
            case .frameInside: sheet.box(inset: 9, width: 3, grey: 50)
            case .ruled: sheet.lines(every: 20, width: 2, slope: 0, grey: 180)
            case .squared:
                sheet.lines(every: 20, width: 2, slope: 0, grey: 180)
                sheet.uprightLines(every: 20, width: 2, slope: 0, grey: 180)
            case .slantedRules: sheet.lines(every: 24, width: 2, slope: 0.06, grey: 150)
            case .rulesAsDarkAsInk: sheet.lines(every: 26, width: 2, slope: 0, grey: 50)
            case .margin: sheet.uprightLines(every: 400, width: 2, slope: 0, grey: 120)
            case .hardShadow:
                sheet.fill { _, y in
                    y > 110
                } with: {
                    $0 * 0.65
                }
            case .slantedShadow:
                sheet.fill { x, y in
                    2 * x + 3 * y > 480
                } with: {
                    $0 * 0.7
                }
            case .table:
                sheet.fill { x, y in
                    min(x, y) < 22 || max(x, y) > 180
                } with: { _ in
                    70
                }
            case .turnedTable:
                sheet.fill { x, y in
                    [x + y / 8, y - x / 8 + 25, 225 - x - y / 8, 200 - y + x / 8].min()! < 30
                } with: { _ in
                    70
                }
            case .finger:
                sheet.fill { x, y in
                    (x - 60) * (x - 60) + (y - 200) * (y - 200) < 900
                } with: { _ in
                    120
                }
            case .corner:
                sheet.fill { x, y in
                    x + 2 * y < 50
                } with: { _ in
                    40
                }
            case .holes:
                for middle in [40, 160] {
                    sheet.fill { x, y in
                        (x - 12) * (x - 12) + (y - middle) * (y - middle) < 36
                    } with: { _ in
                        60
                    }
                }
            case .underline:
                sheet.fill { x, y in
                    (183...184).contains(y) && x > 15
                } with: { _ in
                    60
                }
            case .fold:
                sheet.fill { x, _ in
                    (171...174).contains(x)
                } with: {
                    $0 - 30
                }
            }
        }
    }

    @Test(arguments: Nuisance.allCases)
    func whatElseIsOnTheSheetIsLeftOut(nuisance: Nuisance) throws {
        // Three digits a nuisance, others for each, so that all ten are seen.
        let number = Nuisance.allCases.firstIndex(of: nuisance)!
        for label in [number, number + 3, number + 7].map({ $0 % 10 }) {
            let digit = try ImageFixtures.oneDigitAClass()[label]
            let clean = PaintedSheet(digit: digit)
            var sheet = clean
            nuisance.draw(on: &sheet)
            // A shadow takes a share of the light, which chalk's negative doesn't show.
            for isChalk in nuisance.isShadow ? [false] : [false, true] {
                let wanted = try DigitNormalizer().normalize(clean.image(isChalk: isChalk))
                let found = try DigitNormalizer().normalizeReporting(sheet.image(isChalk: isChalk))
                #expect(found.isInverted == !isChalk, "digit \(label)")
                let difference = meanDifferenceWithinOnePixel(found.pixels, wanted)
                #expect(difference < 5, "digit \(label), chalk: \(isChalk)")
            }
        }
    }

    // MARK: - Nothing that looks like a digit

    enum Blank: CaseIterable {
        case ruled, squared, slantedSquares, noise, strongNoise, pepper, stains, frame, shadow,
            finger
        case holes, fold, slantedFold, wavyRules, box, blot, table, dust

        func draw(on sheet: inout PaintedSheet, _ random: inout SeededGenerator) {
            switch self {
            case .ruled: sheet.lines(every: 20, width: 2, slope: 0, grey: 180)
            case .squared: Nuisance.squared.draw(on: &sheet)
            case .slantedSquares:
                sheet.lines(every: 23, width: 2, slope: 0.05, grey: 150)
                sheet.uprightLines(every: 23, width: 2, slope: 0.05, grey: 150)
            case .noise: sheet.noise(15, &random)
            case .strongNoise: sheet.noise(60, &random)
            case .pepper: sheet.specks(3_000, side: 1, &random)
            case .stains: sheet.stains(&random)
            case .frame: sheet.frame(width: 12, grey: 30)
            case .shadow: Nuisance.slantedShadow.draw(on: &sheet)
            case .finger: Nuisance.finger.draw(on: &sheet)
            case .holes: Nuisance.holes.draw(on: &sheet)
            case .fold: Nuisance.fold.draw(on: &sheet)
            case .slantedFold:
                sheet.fill { x, y in
                    (190...194).contains(x + y)
                } with: {
                    $0 - 40
                }
            case .wavyRules:
                sheet.fill { x, y in
                    (Double(y) - 6 * sin(Double(x) / 40)).truncatingRemainder(dividingBy: 20) < 1
                } with: { _ in
                    150
                }
            case .box: sheet.box(inset: 30, width: 2, grey: 60)
            case .blot:
                sheet.fill { x, y in
                    (x - 90) * (x - 90) + (y - 80) * (y - 80) < 700
                } with: { _ in
                    70
                }
            case .table: Nuisance.turnedTable.draw(on: &sheet)
            case .dust: sheet.specks(25, side: 3, &random)
            }
        }
    }

    @Test(arguments: Blank.allCases)
    func aSheetWithoutADigitIsToldAsOne(blank: Blank) throws {
        for seed in UInt64(0)..<3 {
            var random = SeededGenerator(seed: seed)
            var sheet = PaintedSheet(digit: .init(repeating: 0, count: 784))
            blank.draw(on: &sheet, &random)
            sheet.noise(3, &random)
            let text = errorText {
                let digit = try DigitNormalizer().normalizeReporting(sheet.image(isChalk: false))
                Issue.record("seed \(seed): a digit at \(digit.cropBox)")
            }
            let message = try #require(text)
            #expect(
                message.hasSuffix("nothing that looks like a digit")
                    || message.contains("no digit found"), "\(message)")
        }
    }
}
