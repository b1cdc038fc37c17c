/// Which of digit and sheet is the lighter.
public enum Polarity: String, Sendable, CaseIterable {
    /// Found from the picture's border.
    case automatic
    /// MNIST's own: a light digit on a dark ground.
    case lightOnDark = "light-on-dark"
    /// Pen on paper.
    case darkOnLight = "dark-on-light"
}

/// A rectangle of pixels, from the top left.
public struct PixelBox: Sendable, Equatable {
    public let x: Int
    public let y: Int
    public let width: Int
    public let height: Int
}

/// A digit in MNIST's form and what was done to bring it there.
public struct NormalizedDigit: Sendable, Equatable {
    /// `[28, 28]`, row-major: a light digit on black.
    public let pixels: [UInt8]
    /// True when the picture already had MNIST's form and is here byte for byte.
    public let isUsedAsIs: Bool
    /// Which of digit and sheet was the lighter: never `.automatic`.
    public let polarity: Polarity
    /// Whether the digit was read from the alpha channel.
    public let isFromAlpha: Bool
    /// The digit's place in the source.
    public let cropBox: PixelBox
}

/// Turns any picture of one digit into MNIST's form.
///
/// A 28×28 grey picture in MNIST's form (`MNISTForm`) is used as it is. Any other is made grey
/// (Rec. 601). The sheet is modelled and subtracted with its shadows, its frame and the table that it
/// lies on (`Sheet`); ruled lines are taken out (`RuledLine`); of what is left the parts of one digit
/// are chosen (`DigitParts`), fitted into 20×20 keeping their aspect, and placed so that their centre
/// of mass is at the centre of 28×28.
///
/// Transparency: ink of one brightness on a transparent sheet is read from the alpha channel,
/// whatever its colour; any other transparent picture is composited over white.
///
/// - Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".
public struct DigitNormalizer: Sendable {
    /// Sides of the result and of the box that the digit is fitted into.
    public static let side = 28
    public static let boxSide = 20
    /// The least contrast, of 255, between digit and sheet.
    public static let minimumContrast = 16

    private let polarity: Polarity

    public init(polarity: Polarity = .automatic) { self.polarity = polarity }

    /// The digit as `[28, 28]` bytes, light on black.
    ///
    /// - Throws: `ImageError.blank` when there is nothing to see, `ImageError.noDigit` when what there
    ///   is looks like no digit.
    public func normalize(_ image: DecodedImage) throws -> [UInt8] {
        try normalizeReporting(image).pixels
    }

    /// What is wrong with `[28, 28]` pixels that are used as they are; nil if they may be in MNIST's
    /// form, or a data set's like it.
    public static func doubt(about pixels: [UInt8]) -> String? { MNISTForm.doubt(about: pixels) }

    /// The same with an account of what was done.
    public func normalizeReporting(_ image: DecodedImage) throws -> NormalizedDigit {
        if let ready = asIs(image) { return ready }
        let isFromAlpha = GrayPlane.isInkInAlpha(image)
        let plane = GrayPlane.reduced(image, fromAlpha: isFromAlpha)
        let wanted = isFromAlpha ? .lightOnDark : polarity
        let ink = try InkPlane(plane, polarity: wanted, name: image.name)
        return NormalizedDigit(
            pixels: Self.place(ink.cropped()), isUsedAsIs: false, polarity: ink.polarity,
            isFromAlpha: isFromAlpha, cropBox: Self.enlarged(ink.box, of: plane, to: image))
    }

    // MARK: - MNIST's form already

    private func asIs(_ image: DecodedImage) -> NormalizedDigit? {
        guard polarity != .darkOnLight, image.width == Self.side, image.height == Self.side,
            let gray = Self.plainGray(image), let box = MNISTForm.box(of: gray)
        else { return nil }
        return NormalizedDigit(
            pixels: gray, isUsedAsIs: true, polarity: .lightOnDark, isFromAlpha: false, cropBox: box
        )
    }

    /// The grey channel of a picture without colour or transparency.
    private static func plainGray(_ image: DecodedImage) -> [UInt8]? {
        let step = image.channels
        guard step > 1 else { return image.pixels }
        let pixels = image.pixels
        for pixel in stride(from: 0, to: pixels.count, by: step) {
            let isGray =
                step == 2
                || pixels[pixel] == pixels[pixel + 1] && pixels[pixel] == pixels[pixel + 2]
            let isOpaque = step == 3 || pixels[pixel + step - 1] == 255
            guard isGray, isOpaque else { return nil }
        }
        return stride(from: 0, to: pixels.count, by: step).map { pixels[$0] }
    }

    // MARK: - Steps

    /// A box of the reduced picture in the source's pixels.
    private static func enlarged(
        _ box: PixelBox, of plane: GrayPlane, to image: DecodedImage
    ) -> PixelBox {
        let factor = GrayPlane.reduction(width: image.width, height: image.height)
        return PixelBox(
            x: box.x * factor, y: box.y * factor,
            width: min(image.width - box.x * factor, box.width * factor),
            height: min(image.height - box.y * factor, box.height * factor))
    }

    /// Fits the cropped ink into 20×20 and places it by its centre of mass.
    private static func place(_ crop: GrayPlane) -> [UInt8] {
        let scale = Double(boxSide) / Double(max(crop.width, crop.height))
        let digit = Resampler.resize(
            crop, width: max(1, Int((Double(crop.width) * scale).rounded())),
            height: max(1, Int((Double(crop.height) * scale).rounded())))
        let center = centerOfMass(digit)
        // Pixel (14, 14), not 13.5: where MNIST's own digits have it (means 14.01 and 13.99).
        let middle = Double(side / 2)
        let left = min(side - digit.width, max(0, Int((middle - center.x).rounded())))
        let top = min(side - digit.height, max(0, Int((middle - center.y).rounded())))
        var pixels = [UInt8](repeating: 0, count: side * side)
        for y in 0..<digit.height {
            for x in 0..<digit.width {
                pixels[(top + y) * side + left + x] =
                    UInt8(min(255, max(0, digit.values[y * digit.width + x])).rounded())
            }
        }
        return pixels
    }

    private static func centerOfMass(_ plane: GrayPlane) -> (x: Double, y: Double) {
        var (mass, x, y) = (0.0, 0.0, 0.0)
        for row in 0..<plane.height {
            for column in 0..<plane.width {
                let value = Double(plane.values[row * plane.width + column])
                mass += value
                x += value * Double(column)
                y += value * Double(row)
            }
        }
        return (x / mass, y / mass)
    }
}
