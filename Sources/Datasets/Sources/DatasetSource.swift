import DurableFiles
import Foundation

/// What `--dataset` names.
public enum DatasetSource: Sendable, Equatable {
    case mnist
    case fashionMNIST
    case cifar10
    /// A folder with IDX files under MNIST's names.
    case idx(URL)
    /// A file in the form of Kaggle's digit-recognizer.
    case csv(URL)
    /// A folder with one folder of images a class.
    case images(URL)
    /// A folder with files in CIFAR-10's binary form, or an archive of them.
    case cifar(URL)

    /// - Parameter folder: where a relative path begins; nil for the folder that the process works in.
    /// - Throws: `DatasetError.unknownDataset`.
    public init(parsing text: String, in folder: String? = nil) throws {
        switch text {
        case "mnist": self = .mnist
        case "fashion-mnist": self = .fashionMNIST
        case "cifar10": self = .cifar10
        default:
            guard let colon = text.firstIndex(of: ":") else {
                throw DatasetError.unknownDataset(name: text)
            }
            let path = String(text[text.index(after: colon)...])
            guard !path.isEmpty else { throw DatasetError.unknownDataset(name: text) }
            let url = FilePath.url(path, in: folder)
            switch text[..<colon] {
            case "idx": self = .idx(url)
            case "csv": self = .csv(url)
            case "images": self = .images(url)
            case "cifar10": self = .cifar(url)
            default: throw DatasetError.unknownDataset(name: text)
            }
        }
    }

    /// As it would be given to `--dataset`.
    public var name: String {
        switch self {
        case .mnist: "mnist"
        case .fashionMNIST: "fashion-mnist"
        case .cifar10: "cifar10"
        case .idx(let url): "idx:\(url.path)"
        case .csv(let url): "csv:\(url.path)"
        case .images(let url): "images:\(url.path)"
        case .cifar(let url): "cifar10:\(url.path)"
        }
    }
}
