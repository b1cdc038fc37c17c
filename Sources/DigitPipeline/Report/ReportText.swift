import Foundation

/// How pages write numbers and times; the same in every locale.
enum ReportText {
    /// A fraction as `99.43%`.
    static func percent(_ fraction: Double) -> String { String(format: "%.2f%%", fraction * 100) }

    /// `28 November 2026`, in UTC.
    static func day(_ date: Date) -> String {
        let parts = parts(date)
        return "\(parts.day ?? 0) \(months[(parts.month ?? 1) - 1]) \(parts.year ?? 0)"
    }

    /// `28 November 2026, 10:12 UTC`
    static func minute(_ date: Date) -> String {
        let parts = parts(date)
        return day(date) + String(format: ", %02d:%02d UTC", parts.hour ?? 0, parts.minute ?? 0)
    }

    private static func parts(_ date: Date) -> DateComponents {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar.dateComponents([.year, .month, .day, .hour, .minute], from: date)
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]
}
