import Foundation
import SafeText

/// How numbers look to a person: one place, so that bars, tables and summaries agree. Not for files,
/// which carry full precision.
enum Format {
    /// `455,754`
    static func count(_ value: Int) -> String { Count.grouped(value) }

    /// `1 epoch`, `1,200 images`
    ///
    /// - Parameter plural: where it isn't the word with an s.
    static func counted(_ value: Int, _ word: String, plural: String? = nil) -> String {
        Count.of(value, word, plural: plural)
    }

    /// A fraction in hundredths: `99.31 %`
    static func percent(_ fraction: Double, digits: Int = 2) -> String {
        fixed(fraction * 100, digits) + " %"
    }

    /// `0.0412`; four digits behind the point, more for small losses that would read as zero.
    static func loss(_ value: Double) -> String {
        value.magnitude < 0.001 && value != 0 ? significant(value, 3) : fixed(value, 4)
    }

    /// `0.001`, `3.2e-05`: three digits that count.
    static func learningRate(_ value: Double) -> String { significant(value, 3) }

    /// `950 ms`, `18.2 s`, `1m 05s`, `2h 03m`. A time that isn't known yet (infinite, NaN, negative)
    /// is `--`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "--" }
        if seconds < 0.9995 { return "\(Int((seconds * 1000).rounded())) ms" }
        if seconds < 59.95 { return fixed(seconds, 1) + " s" }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return "\(whole / 60)m \(twoDigits(whole % 60))s" }
        return "\(whole / 3600)h \(twoDigits(whole % 3600 / 60))m"
    }

    /// A remaining time, in whole seconds so that it doesn't flicker: `42 s`, `1m 05s`.
    static func remaining(_ seconds: Double) -> String {
        let whole = seconds.rounded()
        return (0..<60).contains(whole) ? "\(Int(whole)) s" : duration(whole)
    }

    /// In powers of 1,000, as disks and networks count: `9.9 MB`
    static func bytes(_ count: Int) -> String {
        guard count >= 1000 else { return "\(count) B" }
        var value = Double(count) / 1000
        var unit = 0
        let units = ["kB", "MB", "GB", "TB"]
        while value >= 999.95 && unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return fixed(value, 1) + " " + units[unit]
    }

    /// `5,210 images/s`
    static func imageRate(_ imagesPerSecond: Double) -> String {
        guard imagesPerSecond.isFinite, (0..<1e15).contains(imagesPerSecond) else {
            return "-- images/s"
        }
        return count(Int(imagesPerSecond.rounded())) + " images/s"
    }

    static func fixed(_ value: Double, _ digits: Int) -> String {
        value.isNaN ? "NaN" : String(format: "%.\(digits)f", value)
    }

    static func significant(_ value: Double, _ digits: Int) -> String {
        value.isNaN ? "NaN" : String(format: "%.\(digits)g", value)
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
