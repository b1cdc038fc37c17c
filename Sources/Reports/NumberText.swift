import Foundation

/// Numbers as figures write them; the same in every locale.
enum NumberText {
    /// 12345 as `12,345`.
    static func grouped(_ count: Int) -> String {
        let digits = String(count.magnitude)
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { result += "," }
            result.append(digit)
        }
        return count < 0 ? "-" + result : result
    }

    /// A count as `grouped` writes it, or in at most `characters` (4 or more) characters where that is
    /// possible: `12k`, `3.4M`.
    static func compact(_ count: Int, characters: Int) -> String {
        let plain = grouped(count)
        guard plain.count > max(4, characters) else { return plain }
        var value = Double(count)
        for unit in ["k", "M", "G", "T", "P", "E"] {
            value /= 1000
            if value < 9.95 { return String(format: "%.1f", value) + unit }
            if value < 999.5 { return String(format: "%.0f", value) + unit }
        }
        return plain
    }

    /// A share as a percentage; never rounded up to 100% nor down to 0%.
    static func percent(_ share: Double) -> String {
        let percent = share * 100
        if percent == 0 || percent == 100 { return String(format: "%.0f%%", percent) }
        if percent < 0.005 { return "<0.01%" }
        if percent >= 99.95, percent < 100 { return ">99.9%" }
        return String(format: percent < 0.995 ? "%.2f%%" : "%.1f%%", percent)
    }

    /// `value` to `digits` significant digits, without trailing zeros: `0.0412`, `1e-5`.
    static func significant(_ value: Double, digits: Int = 4) -> String {
        String(format: "%.\(digits)g", value)
            .replacing("e-0", with: "e-").replacing("e+0", with: "e").replacing("e+", with: "e")
    }
}

extension NumberText {
    /// An accuracy as a percentage to two decimals, which is what good models differ by.
    static func accuracy(_ fraction: Double) -> String {
        if fraction < 1, fraction >= 0.99995 { return ">99.99%" }
        return String(format: "%.2f%%", fraction * 100)
    }
}

extension NumberText {
    /// `0.42 s`, `12.3 s`, `3 min 12 s`, `2 h 5 min`; a dash for what no clock gives.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e15 else { return "–" }
        if seconds < 9.995 { return String(format: "%.2f s", seconds) }
        if seconds < 59.95 { return String(format: "%.1f s", seconds) }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(grouped(whole / 3600)) h \(whole % 3600 / 60) min"
    }

    /// A share to two decimals as `accuracy` writes it; a dash where it is undefined.
    static func optionalAccuracy(_ fraction: Double?) -> String {
        guard let fraction, fraction.isFinite else { return "–" }
        return accuracy(fraction)
    }

    /// A share as `percent` writes it; a dash where it is undefined.
    static func optionalPercent(_ share: Double?) -> String {
        guard let share, share.isFinite else { return "–" }
        return percent(share)
    }

    /// `value` with one decimal.
    static func fixed(_ value: Double) -> String { String(format: "%.1f", value) }
}
