import Foundation

/// An sRGB colour, each part 0 to 255.
struct Color: Equatable {
    let red: Double
    let green: Double
    let blue: Double

    /// - Parameter rgb: 0xRRGGBB.
    init(_ rgb: UInt32) {
        red = Double(rgb >> 16 & 0xFF)
        green = Double(rgb >> 8 & 0xFF)
        blue = Double(rgb & 0xFF)
    }

    private init(red: Double, green: Double, blue: Double) {
        (self.red, self.green, self.blue) = (red, green, blue)
    }

    var hex: String {
        String(
            format: "#%02x%02x%02x", Int(red.rounded()), Int(green.rounded()), Int(blue.rounded()))
    }

    /// The colour `fraction` of the way to `other`.
    func mixed(with other: Color, _ fraction: Double) -> Color {
        Color(
            red: red + (other.red - red) * fraction,
            green: green + (other.green - green) * fraction,
            blue: blue + (other.blue - blue) * fraction)
    }

    /// WCAG 2 relative luminance, 0 to 1.
    var luminance: Double {
        func linear(_ part: Double) -> Double {
            let share = part / 255
            return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    /// WCAG 2 contrast, 1 to 21.
    func contrast(with other: Color) -> Double {
        let (a, b) = (luminance, other.luminance)
        return (max(a, b) + 0.05) / (min(a, b) + 0.05)
    }

    /// Black or white text, whichever reads better on this colour: always 4.5 or more.
    var textColor: Color {
        let (black, white) = (Color(0x000000), Color(0xFFFFFF))
        return contrast(with: black) >= contrast(with: white) ? black : white
    }
}

/// The colours of all figures: light background, and pairs that colour-blind readers tell apart.
enum Palette {
    static let background = Color(0xFFFFFF)
    static let ink = Color(0x1B1F24)
    static let mutedInk = Color(0x57606A)
    static let axis = Color(0x8C959F)
    static let grid = Color(0xE4E8EC)
    static let emptyCell = Color(0xF6F8FA)
    static let train = Color(0x2563C9)
    static let validation = Color(0xD1500F)
    static let learningRate = Color(0x6E5494)
    static let best = Color(0x1A7F37)
}

/// Colours for shares in [0, 1], mixed between evenly spaced stops.
struct ColorScale {
    let stops: [Color]

    static let correct = ColorScale(stops: [Color(0xEDF3FA), Color(0xA9CBEA), Color(0x4F8FCB)])
    static let errors = ColorScale(stops: [Color(0xFFF1DF), Color(0xF7A556), Color(0xB42318)])

    func color(_ share: Double) -> Color {
        let position = min(max(share, 0), 1) * Double(stops.count - 1)
        let index = min(Int(position), stops.count - 2)
        return stops[index].mixed(with: stops[index + 1], position - Double(index))
    }
}
