import Datasets
import Orchestration
import SafeText

/// Whether the data is what it says it is.
enum DataChecks {
    static func completeness(
        of dataset: Dataset, _ statistics: DatasetStatistics
    ) -> [CheckResult] {
        let parts =
            [("train", dataset.train)]
            + [("validation", dataset.validation), ("test", dataset.test)]
            .compactMap { name, set in set.map { (name, $0) } }
        return [hasEveryClass(parts, dataset), labelsAreClasses(parts), imagesDiffer(statistics)]
            + (publishedCounts(dataset).map { [$0] } ?? [])
    }

    /// A class without a sample can't be learned, nor measured.
    private static func hasEveryClass(
        _ parts: [(String, ImageSet)], _ dataset: Dataset
    ) -> CheckResult {
        let empty = parts.flatMap { name, set in
            zip(set.classNames, set.classCounts).filter { $0.1 == 0 }.map { "\(name): \($0.0)" }
        }
        return CheckResult(
            "every class has images", of: .rawData,
            severity: dataset.train.classCounts.contains(0) ? .blocking : .warning,
            passed: empty.isEmpty,
            evidence: [
                "classes": .integer(dataset.train.classNames.count), "empty": .texts(empty),
            ],
            problem: parts.compactMap { emptyClasses($0.1, $0.0) }.joined(separator: "; "))
    }

    /// `classes without training images: 0, 2, 3`
    private static func emptyClasses(_ set: ImageSet, _ part: String) -> String? {
        let names = zip(set.classNames, set.classCounts).filter { $0.1 == 0 }.map(\.0)
        guard !names.isEmpty else { return nil }
        return "classes without \(part == "train" ? "training" : part) images: "
            + names.joined(separator: ", ")
    }

    private static func labelsAreClasses(_ parts: [(String, ImageSet)]) -> CheckResult {
        let largest = parts.map { Int($0.1.labels.max() ?? 0) }.max() ?? 0
        let classCount = parts[0].1.classNames.count
        return CheckResult(
            "labels in range", of: .rawData, severity: .blocking, passed: largest < classCount,
            evidence: ["largest_label": .integer(largest), "classes": .integer(classCount)])
    }

    /// Images that are all alike teach nothing.
    private static func imagesDiffer(_ statistics: DatasetStatistics) -> CheckResult {
        CheckResult(
            "images differ", of: .rawData, severity: .blocking,
            passed: statistics.train.standardDeviation > 0,
            evidence: [
                "mean": .number(statistics.train.mean),
                "standard_deviation": .number(statistics.train.standardDeviation),
            ])
    }

    /// Whether all of a published set is there.
    private static func publishedCounts(_ dataset: Dataset) -> CheckResult? {
        guard let expected = DatasetKind.parse(dataset.name)?.kind.publishedCounts else {
            return nil
        }
        let (train, test) = (dataset.train.count, dataset.test?.count ?? 0)
        return CheckResult(
            "complete", of: .rawData, severity: .warning, passed: (train, test) == expected,
            evidence: [
                "train": .integer(train), "test": .integer(test),
                "expected": .text("\(expected.train) and \(expected.test)"),
            ],
            problem:
                "data set incomplete: \(count(train, of: expected.train)) training images, "
                + "\(count(test, of: expected.test)) test images")
    }

    /// `5,000 of 60,000`
    private static func count(_ count: Int, of whole: Int) -> String {
        "\(Count.grouped(count)) of \(Count.grouped(whole))"
    }
}
