/// How wide a text will be at a font size, estimated on the wide side: the viewer's font is unknown.
///
/// Classes of letters have the widths of Verdana-like faces, so that narrower ones leave air.
func textWidth(_ text: String, size: Double) -> Double {
    text.unicodeScalars.reduce(0) { $0 + relativeWidth($1) } * size
}

private func relativeWidth(_ scalar: Unicode.Scalar) -> Double {
    switch scalar {
    case "i", "j", "l", "I", "!", "|", "'", ".", ",", ":", ";": 0.36
    case " ", "f", "t", "r", "(", ")", "[", "]", "/", "-": 0.42
    case "m", "w", "M", "W", "@", "%": 1.0
    case "A"..."Z", "…": 0.76
    case "\u{300}"..."\u{36F}", "\u{200B}"..."\u{200F}", "\u{FE00}"..."\u{FE0F}": 0
    case "\u{1100}"..."\u{11FF}", "\u{2E80}"..."\u{A4CF}", "\u{AC00}"..."\u{D7A3}",
        "\u{F900}"..."\u{FAFF}", "\u{FF00}"..."\u{FF60}", "\u{1F000}"..."\u{1FAFF}",
        "\u{20000}"..."\u{3FFFF}":
        1.3
    case "a"..."z": 0.61
    default: 0.65
    }
}

/// `text`, cut with an ellipsis if it would be wider than `limit`.
func fitted(_ text: String, size: Double, limit: Double) -> String {
    guard textWidth(text, size: size) > limit else { return text }
    var kept = ""
    for character in text {
        guard textWidth(kept + "\(character)…", size: size) <= limit else { break }
        kept.append(character)
    }
    return kept + "…"
}
