/// What a misspelt name may have meant.
package enum Suggestion {
    /// The nearest of `names`, if it is near: at most two letters are wrong, missing, too many or
    /// exchanged, and fewer than half; or it is the only one that the name is the start of.
    ///
    /// Capital letters, dashes and underscores make no difference.
    package static func nearest(to name: String, in names: some Sequence<String>) -> String? {
        let spelling = spelling(of: name)
        let candidates = names.map { (name: $0, spelling: Self.spelling(of: $0)) }
        let nearest = candidates.map { ($0, distance($0.spelling, spelling)) }
            .min { $0.1 < $1.1 }
        if let (found, distance) = nearest,
            distance <= 2, distance * 2 < max(spelling.count, found.spelling.count)
        {
            return found.name
        }
        let longer = candidates.filter { $0.spelling.starts(with: spelling) }
        return spelling.count >= 3 && longer.count == 1 ? longer[0].name : nil
    }

    /// `; did you mean epochs?`, or nothing.
    ///
    /// - Parameter next: what is said then.
    package static func clause(
        for name: String, in names: some Sequence<String>, next: String? = nil
    ) -> String {
        if let nearest = nearest(to: name, in: names) {
            return "; did you mean \(nearest)?" + (next.map { " " + $0 } ?? "")
        }
        return next.map { "; " + $0 } ?? ""
    }

    private static func spelling(of name: String) -> [Character] {
        Array(name.lowercased().replacing("-", with: "_").drop { $0 == "_" })
    }

    /// Insertions, deletions, substitutions and exchanges of neighbours that turn `a` into `b`.
    ///
    /// - Source: Damerau (1964), in the form without edits between exchanged letters.
    static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                let changed = rows[i][j] + (a[i] == b[j] ? 0 : 1)
                var least = min(changed, rows[i][j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    least = min(least, rows[i - 1][j - 1] + 1)
                }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
