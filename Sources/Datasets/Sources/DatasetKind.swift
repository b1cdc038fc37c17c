/// The kinds of data sets that `--dataset` names: by a word, or by a word, a colon and a path.
public enum DatasetKind: Sendable, CaseIterable {
    case mnist, fashionMNIST, cifar10, idx, csv, images, cifar

    var word: String {
        switch self {
        case .mnist: "mnist"
        case .fashionMNIST: "fashion-mnist"
        case .cifar10, .cifar: "cifar10"
        case .idx: "idx"
        case .csv: "csv"
        case .images: "images"
        }
    }

    /// What stands behind the colon; nil for a published set, which has none.
    private var place: String? {
        switch self {
        case .mnist, .fashionMNIST, .cifar10: nil
        case .idx, .images, .cifar: "DIR"
        case .csv: "FILE"
        }
    }

    /// As it is written, such as `idx:DIR`.
    public var usage: String { word + (place.map { ":\($0)" } ?? "") }

    /// All of them: `mnist, fashion-mnist, …`.
    public static var usage: String { allCases.map(\.usage).joined(separator: ", ") }

    /// Channels of the images, where the kind tells.
    public var channels: Int? {
        switch self {
        case .mnist, .fashionMNIST, .idx, .csv: 1
        case .cifar10, .cifar: 3
        case .images: nil
        }
    }

    /// Height and width of the images, where the kind tells.
    public var imageSize: ImageSize? {
        switch self {
        case .mnist, .fashionMNIST: ImageSize(height: 28, width: 28)
        case .cifar10, .cifar: ImageSize(height: 32, width: 32)
        case .idx, .csv, .images: nil
        }
    }

    /// Training and test images of the whole published set.
    public var publishedCounts: (train: Int, test: Int)? {
        switch self {
        case .mnist, .fashionMNIST: (60_000, 10_000)
        case .cifar10: (50_000, 10_000)
        case .idx, .csv, .images, .cifar: nil
        }
    }

    /// What a text names, with the path behind the colon; nil for none of the kinds.
    public static func parse(_ text: String) -> (kind: DatasetKind, path: String?)? {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts.count == 2 ? String(parts[1]) : nil
        guard path != "",
            let kind = allCases.first(where: {
                $0.word == parts[0] && ($0.place == nil) == (path == nil)
            })
        else { return nil }
        return (kind, path)
    }
}
